import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { WaitingClient } from '#src/agent/link/link.ts';
import { PoolLink } from '#src/agent/link/pool-link.ts';
import type { Service, Spare } from '#src/agent/service.ts';
import { DialError } from '#src/data-plane/data-plane.ts';

/** A connection of the pool that the test decides about. */
interface Parked {
  take(): void;
  lose(cause: unknown): void;
  isCut: boolean;
}

/** A link to a pool, the connections that it has made so far, what it told, and its clients. */
function pooling(t: TestContext, connections: number) {
  const parked: Parked[] = [];
  const notices: string[] = [];
  const clients: WaitingClient[] = [];
  const park = (relay: Spare['relay']): Spare => {
    const one: Parked = { take: () => {}, lose: () => {}, isCut: false };
    const taken = new Promise<string>((resolve, reject) => {
      one.take = () => resolve('');
      one.lose = (cause) => reject(new DialError('relay', cause));
    });
    parked.push(one);
    const cut = () => {
      one.isCut = true;
      one.lose(new Error('given up'));
    };
    return { relay, taken, cut, serve: () => assert.fail('that is for others') };
  };
  const link = new PoolLink({
    settings: { pool: 'relay:9000', connections, tls: false },
    service: { park } as unknown as Service,
    notice: (code, message) => notices.push(`${code}: ${message}`),
  });
  const over = link.serve((client) => clients.push(client));
  t.after(async () => {
    link.close();
    await over;
  });
  return { link, parked, notices, clients, over };
}

/** Until all that follows from what was done is done, timers apart. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const REFUSED = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

describe('a link to a pool', () => {
  test('keeps so many connections there, and replaces those that were used at once', async (t) => {
    const { parked, clients, notices } = pooling(t, 3);
    await settled();
    assert.equal(parked.length, 3);
    parked[1]?.take();
    await settled();
    assert.equal(clients.length, 1);
    assert.equal(parked.length, 4);
    for (const each of parked) each.take();
    await settled();
    assert.equal(clients.length, 4);
    assert.equal(parked.length, 7);
    assert.deepEqual(notices, []);
  });

  test('replaces one that broke after five seconds, and meanwhile those that were used', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { parked, notices } = pooling(t, 2);
    await settled();
    parked[0]?.lose(REFUSED);
    await settled();
    assert.match(
      notices[0] ?? '',
      /^spare-lost: Cannot keep a connection in the pool at relay:9000: connection refused\. .* in 5 s\.$/,
    );
    parked[1]?.take();
    await settled();
    assert.equal(parked.length, 3);
    t.mock.timers.tick(4999);
    await settled();
    assert.equal(parked.length, 3);
    t.mock.timers.tick(1);
    await settled();
    assert.equal(parked.length, 4);
  });

  test('takes no more clients while there is no room for them', async (t) => {
    const { link, parked } = pooling(t, 2);
    await settled();
    link.pause();
    for (const each of parked) each.take();
    await settled();
    assert.equal(parked.length, 2);
    link.resume();
    await settled();
    assert.equal(parked.length, 4);
  });

  test('leaves nothing behind when it is closed, whatever it waits for', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { link, parked, notices, over } = pooling(t, 3);
    await settled();
    parked[0]?.lose(REFUSED);
    await settled();
    link.pause();
    parked[1]?.take();
    await settled();
    link.close();
    await over;
    assert.deepEqual(
      parked.map(({ isCut }) => isCut),
      [false, false, true],
    );
    assert.equal(notices.length, 1);
  });

  test('closed before it began leaves nothing behind either', async (t) => {
    const { link, parked, over } = pooling(t, 2);
    link.close();
    await over;
    assert.ok(parked.every(({ isCut }) => isCut));
  });
});
