import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { HostCaller, type HostDialogue } from '#src/broker/doors/hosts/host-caller.ts';
import type { ClientBeginning } from '#src/data-plane/data-plane.ts';
import { endingOf, outcome } from '../../../support/tcp.ts';
import { until } from '../../../support/until.ts';
import { connection } from '../../control-harness.ts';

const HOST_DEADLINE = 5000;
const FAREWELL_DEADLINE = 2000;

/** A host ends with a line feed, and an exclamation mark is a mistake. */
function dialogue(): HostDialogue<'bad-request'> {
  let bytes = Buffer.alloc(0);
  const reader = {
    get bytes() {
      return bytes;
    },
    add(chunk: Buffer) {
      bytes = Buffer.concat([bytes, chunk]);
      const [host, ...rest] = String(bytes).split('\n');
      if (host?.includes('!')) return { fault: 'bad-request' } as const;
      return rest.length > 0 ? { host: host ?? '' } : undefined;
    },
  };
  return { reader, answer: (refusal) => Buffer.from(`sorry: ${refusal}`) };
}

/** A caller whose time is the test's, where `here` has a service and that of `away` is not there. */
async function openCaller(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { near, peer } = await connection(t);
  const closed = new Promise<void>((resolve) => near.once('close', () => resolve()));
  const refusals: string[] = [];
  const entered: { client: Socket; begun: ClientBeginning }[] = [];
  let left = 0;
  const service = (isAvailable: boolean) => ({
    isAvailable,
    enter: (client: Socket, begun: ClientBeginning) => void entered.push({ client, begun }),
  });
  const services = new Map([
    ['here', service(true)],
    ['away', service(false)],
  ]);
  const directory = {
    find: (host: string) => services.get(host),
    refused: (...[, refusal, host]: string[]) => void refusals.push(`${refusal} ${host}`.trim()),
  };
  const caller = new HostCaller<'bad-request'>(near, dialogue(), directory, () => {
    left += 1;
  });
  // Waited for, so that no timer of this test is cleared among the mocked ones of the next.
  t.after(async () => {
    near.destroy();
    await closed;
  });
  return {
    caller,
    near,
    peer,
    closed,
    refusals,
    entered,
    left: () => left,
    pass: (ms: number) => t.mock.timers.tick(ms),
    send: async (data: string) => {
      const read = near.bytesRead + data.length;
      peer.write(data);
      while (near.bytesRead < read) await turn();
    },
  };
}

describe('a client that says its host', () => {
  test('is sent on with all it has said, and what it says later is not lost', async (t) => {
    const { send, entered, peer, left, refusals } = await openCaller(t);
    await send('he');
    await send('re\nand');
    peer.end(' more');
    const [{ client, begun } = assert.fail('not sent on')] = entered;
    assert.equal(left(), 1);
    assert.deepEqual([begun?.read, begun?.greeting], [Buffer.from('here\nand'), '']);
    const { data, ending } = await outcome(client.resume());
    assert.equal(String(data), ' more');
    assert.equal(ending, 'eof');
    assert.deepEqual(refusals, []);
  });

  test('is sent on with its end, where that came at once', async (t) => {
    const { entered, peer } = await openCaller(t);
    peer.end('here\n');
    await until(() => entered.length > 0);
    const [{ client } = assert.fail('not sent on')] = entered;
    assert.equal(await endingOf(client.resume()), 'eof');
    assert.ok(client.writable);
  });

  test('has all the time in the world from then on', async (t) => {
    const { send, entered, pass, near, refusals } = await openCaller(t);
    pass(HOST_DEADLINE - 1);
    await send('here\n');
    pass(HOST_DEADLINE + FAREWELL_DEADLINE);
    await turn();
    assert.equal(entered.length, 1);
    assert.ok(!near.destroyed && near.isPaused());
    assert.deepEqual(refusals, []);
  });

  for (const [said, answer, refusal] of [
    ['nowhere\n', 'sorry: unknown', 'unknown nowhere'],
    ['away\n', 'sorry: away', 'away away'],
    ['he!', 'sorry: bad-request', 'bad-request'],
  ] as const) {
    test(`is told that it cannot have it: ${refusal}`, async (t) => {
      const { closed, left, peer, refusals } = await openCaller(t);
      const told = outcome(peer);
      peer.write(said);
      const { data, ending } = await told;
      assert.equal(String(data), answer);
      assert.equal(ending, 'eof');
      assert.deepEqual(refusals, [refusal]);
      assert.equal(left(), 0, 'it takes its place until it has gone');
      peer.end();
      await closed;
      assert.equal(left(), 1);
    });
  }
});

describe('a client that does not say its host', () => {
  test('is told so in time, however it trickles', async (t) => {
    const { send, pass, peer, refusals } = await openCaller(t);
    await send('h');
    pass(HOST_DEADLINE - 1);
    await send('e');
    assert.deepEqual(refusals, []);
    pass(1);
    assert.equal(String((await outcome(peer)).data), 'sorry: timeout');
    assert.deepEqual(refusals, ['timeout']);
  });

  test('and nothing else is sent away without a word', async (t) => {
    const { pass, peer, refusals } = await openCaller(t);
    pass(HOST_DEADLINE);
    assert.deepEqual(await outcome(peer), { data: Buffer.alloc(0), ending: 'eof' });
    assert.deepEqual(refusals, []);
  });

  for (const way of ['end', 'resetAndDestroy'] as const) {
    test(`may leave: ${way}`, async (t) => {
      const { closed, left, peer, refusals, send } = await openCaller(t);
      await send('he');
      peer[way]();
      await closed;
      assert.equal(left(), 1);
      assert.deepEqual(refusals, []);
    });
  }

  test('may have to go for others', async (t) => {
    const { caller, closed, left, refusals } = await openCaller(t);
    caller.pushOut();
    await closed;
    assert.deepEqual(refusals, ['pushed-out']);
    assert.equal(left(), 1);
  });

  test('may have to go with the broker', async (t) => {
    const { caller, closed, left, refusals } = await openCaller(t);
    caller.shutDown();
    await closed;
    assert.deepEqual(refusals, []);
    assert.equal(left(), 1);
  });
});

describe('a client that was told so', () => {
  test('gets it although it is still sending', async (t) => {
    const { closed, peer } = await openCaller(t);
    const told = outcome(peer);
    peer.write(`nowhere\n${'x'.repeat(200_000)}`);
    peer.end('the end');
    const { data, ending } = await told;
    assert.equal(String(data), 'sorry: unknown');
    assert.equal(ending, 'eof');
    await closed;
  });

  test('cannot go on sending for ever', async (t) => {
    const { closed, near, peer } = await openCaller(t);
    peer.write('nowhere\n');
    const more = () => {
      while (peer.writable && peer.write('x'.repeat(65_536)));
    };
    peer.on('drain', more);
    more();
    await closed;
    assert.ok(near.bytesRead < 512 * 1024, `${near.bytesRead} octets read`);
  });

  test('has to go in time', async (t) => {
    const { send, pass, near, caller, refusals } = await openCaller(t);
    await send('nowhere\n');
    pass(FAREWELL_DEADLINE - 1);
    assert.ok(!near.destroyed);
    pass(1);
    assert.ok(near.destroyed);
    caller.pushOut();
    assert.deepEqual(refusals, ['unknown nowhere']);
  });
});
