import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { on, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test } from 'node:test';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import type { BrokerOptions } from '#src/options/broker-options.ts';
import { DATA_PLANES } from '../../support/broker.ts';
import { emptyTokens, nextEnding, startWithDoors } from '../../support/doors.ts';
import {
  connectTo,
  freePorts,
  knock,
  outcome,
  read,
  say,
  serve,
  visit,
} from '../../support/tcp.ts';
import { until } from '../../support/until.ts';

/** A registrant and what it is told, as lines. */
interface Registrant {
  socket: Socket;
  next(): Promise<string>;
}

async function register(t: TestContext, port: number): Promise<Registrant> {
  const socket = await connectTo(t, port);
  const lines = on(createInterface(socket), 'line');
  return { socket, next: async () => (await lines.next()).value[0] };
}

/** The client port of a registrant that was told nothing yet. */
async function clientPortOf({ next }: Registrant): Promise<number> {
  const [, port] = /^established relay address port:(\d+)$/.exec(await next()) ?? [];
  return Number(port);
}

async function announcing(t: TestContext, options: Partial<BrokerOptions> = {}) {
  const started = await startWithDoors(t, { announcePort: 0, ...options });
  return { ...started, door: started.doors[0]?.[1] ?? 0 };
}

for (const dataPlane of DATA_PLANES) {
  describe(`the announce door, with the data plane ${dataPlane}`, () => {
    test('tells a registrant its client port at once, and the port of each client', async (t) => {
      const { door, registrations } = await announcing(t, { dataPlane, helloWait: 60_000 });
      const registrant = await register(t, door);
      const clientPort = await clientPortOf(registrant);
      const [{ protocol, address, backConnectPort, secured } = {}] = registrations;
      assert.deepEqual([protocol, address, secured], ['announce', '127.0.0.1', false]);
      for (const name of ['first', 'second']) {
        const client = await connectTo(t, clientPort);
        client.end(`I am the ${name}`);
        assert.equal(await registrant.next(), String(backConnectPort));
        const server = await connectTo(t, Number(backConnectPort));
        const seen = outcome(client);
        assert.equal(String((await outcome(server)).data), `I am the ${name}`);
        server.end('welcome');
        assert.deepEqual(await seen, { data: Buffer.from('welcome'), ending: 'eof' });
      }
    });

    test('announces no client before the registrant knows its port', async (t) => {
      const first = await freePorts(2);
      const { door } = await announcing(t, { dataPlane, announcePort: first });
      let isOver = false;
      const clients = async () => {
        while (!isOver) {
          const client = connect({ host: '127.0.0.1', port: first + 1 }).on('error', () => {});
          t.after(() => client.destroy());
          await once(client, 'connect').catch(() => {});
        }
      };
      const clamour = Promise.all([clients(), clients(), clients()]);
      const registrant = await register(t, door);
      assert.equal(await clientPortOf(registrant), first + 1);
      assert.match(await registrant.next(), /^\d+$/);
      isOver = true;
      registrant.socket.destroy();
      await clamour;
    });

    test('ends a registration with its registrant, however that leaves', async (t) => {
      const { door, broker } = await announcing(t, { dataPlane });
      for (const [how, ending] of [
        ['end', 'closed'],
        ['resetAndDestroy', 'lost'],
      ] as const) {
        const registrant = await register(t, door);
        const port = await clientPortOf(registrant);
        const ended = nextEnding(broker);
        registrant.socket[how]();
        assert.equal(await ended, ending);
        assert.equal(await knock(port), 'ECONNREFUSED');
      }
    });
  });
}

describe('client ports of the announce door', () => {
  test('are the next ones that are free', async (t) => {
    const first = await freePorts(4);
    await serve(t, () => {}, { host: '127.0.0.1', port: first + 2 });
    const { door, broker } = await announcing(t, { announcePort: first });
    const one = await register(t, door);
    assert.equal(await clientPortOf(one), first + 1);
    assert.equal(await clientPortOf(await register(t, door)), first + 3);
    const ended = nextEnding(broker);
    one.socket.destroy();
    await ended;
    assert.equal(await clientPortOf(await register(t, door)), first + 1);
  });

  test('are the next ones of those that the broker may give out', async (t) => {
    const first = await freePorts(4);
    const ports = `${first}-${first + 3}`;
    const { door } = await announcing(t, { announcePort: first + 1, ports });
    for (const port of [first + 2, first + 3, first]) {
      assert.equal(await clientPortOf(await register(t, door)), port);
    }
    const late = await register(t, door);
    assert.deepEqual(await outcome(late.socket), { data: Buffer.alloc(0), ending: 'eof' });
  });

  test('are random if that is wanted', async (t) => {
    const first = await freePorts(1);
    const { door } = await announcing(t, { announcePort: first, announceRandom: true });
    // The system gives out none that is so low.
    assert.ok((await clientPortOf(await register(t, door))) > first + 1);
  });
});

describe('the announce door', () => {
  test('ends the registration of who says something', async (t) => {
    const { door, broker } = await announcing(t);
    const registrant = await register(t, door);
    const port = await clientPortOf(registrant);
    const ended = nextEnding(broker);
    registrant.socket.write('x');
    assert.equal(await ended, 'junk');
    assert.equal(await knock(port), 'ECONNREFUSED');
  });

  test('opens nothing for who says something at once', async (t) => {
    const { door, broker, registrations } = await announcing(t);
    const refused = once(broker, 'refused');
    await say(door, Buffer.from('GET / HTTP/1.1\r\n'.repeat(100)));
    const detail = 'GET / HTTP/1.1\r\n'.repeat(4);
    assert.deepEqual(await refused, ['127.0.0.1', 'hello-unknown', detail]);
    assert.deepEqual(registrations, []);
  });

  test('leaves somebody who does not stop after two seconds', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { door } = await announcing(t);
    const endless = await connectTo(t, door);
    const ended = once(endless.resume(), 'end');
    const gone = once(endless, 'close').catch(() => {});
    const chunk = Buffer.alloc(64 * 1024);
    const pour = () => {
      while (endless.write(chunk));
    };
    endless.on('drain', pour);
    pour();
    await ended;
    t.mock.timers.tick(2000);
    await gone;
  });

  test('sends away without a word who may not register', async (t) => {
    const { door, broker } = await announcing(t, { maxRegistrations: 1 });
    await clientPortOf(await register(t, door));
    const refused = once(broker, 'refused');
    const late = await connectTo(t, door);
    assert.deepEqual(await outcome(late), { data: Buffer.alloc(0), ending: 'eof' });
    assert.deepEqual(await refused, ['127.0.0.1', 'full', '']);
  });

  test('registers hundreds who come at once from one address', async (t) => {
    // Neither among those that the system gives the registrants' own ends, nor those that other tests are given.
    const { door } = await announcing(t, { ports: '61000-65535', dataPlane: 'portable' });
    const registrants = await Promise.all(Array.from({ length: 200 }, () => register(t, door)));
    const ports = await Promise.all(registrants.map(clientPortOf));
    assert.equal(new Set(ports).size, 200);
  });

  test('survives 10,000 random strings, and serves those who are here', async (t) => {
    const { door, broker } = await announcing(t, { dataPlane: 'portable' });
    const registrant = await register(t, door);
    const port = await clientPortOf(registrant);
    const free = DescriptorBudget.ofProcess().free;
    let sentAway = 0;
    const count = () => {
      sentAway += 1;
    };
    broker.on('refused', count).on('ended', count);
    for (let round = 0; round < 100; round += 1) {
      const strings = Array.from({ length: 100 }, () => say(door, randomBytes(randomInt(1, 300))));
      await Promise.all(strings);
    }
    await until(() => sentAway === 10_000);
    const client = await connectTo(t, port);
    client.write('x');
    const server = await connectTo(t, Number(await registrant.next()));
    assert.equal(String(await read(server, 1)), 'x');
    await until(() => DescriptorBudget.ofProcess().free >= free - 2);
  });

  test('lets only those in who may do without, where tokens are demanded', async (t) => {
    const tokens = { tokens: await emptyTokens(t) };
    const { door, broker } = await announcing(t, { ...tokens, allowBasic: '192.0.2.0/24' });
    const refused = once(broker, 'refused');
    const stranger = await connectTo(t, door);
    assert.deepEqual(await outcome(stranger), { data: Buffer.alloc(0), ending: 'eof' });
    assert.deepEqual(await refused, ['127.0.0.1', 'basic-refused', '']);
    const open = await announcing(t, { ...tokens, allowBasic: '127.0.0.1' });
    await clientPortOf(await register(t, open.door));
    await assert.rejects(announcing(t, tokens), {
      code: 'E_BAD_OPTION',
      message: /^announcePort: .* needs allowBasic$/,
    });
  });

  test('takes nobody in any more when its broker ends, and has connections finish', async (t) => {
    const { door, broker } = await announcing(t);
    const registrant = await register(t, door);
    const port = await clientPortOf(registrant);
    const client = await connectTo(t, port);
    const server = await connectTo(t, Number(await registrant.next()));
    const closed = broker.close();
    assert.equal(await visit(t, door, ''), 'ECONNREFUSED');
    const seen = outcome(client);
    server.end('the rest');
    client.end();
    assert.deepEqual(await seen, { data: Buffer.from('the rest'), ending: 'eof' });
    server.resume();
    await closed;
  });
});
