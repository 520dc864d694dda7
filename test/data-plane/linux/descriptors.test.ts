import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { DialledSpare, Exchange, ExchangeSettings } from '#src/data-plane/data-plane.ts';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import { LinuxDataPlane } from '#src/data-plane/linux/linux-data-plane.ts';
import { confirmEnd } from '#src/data-plane/portable/confirm-end.ts';
import { descriptors } from '../../support/descriptors.ts';
import { DEAF, LIMITS, openExchange, SETTINGS } from '../../support/exchange.ts';
import { outcome, serve } from '../../support/tcp.ts';
import { until } from '../../support/until.ts';

const DESCRIPTORS = 5000;

/** At a time, and how often: of each way to end. */
const BATCH = 50;
const ROUNDS = 20;

const halfCloseTimeout = 30_000;
const host = '127.0.0.1';

/**
 * The descriptors of a thread are no objects of Node's, which would close them
 * when the thread ends: whatever is forgotten stays until the process ends. So
 * nothing may be left once the plane is closed, with the pipes that it keeps.
 */
describe('descriptors', () => {
  const budget = new DescriptorBudget(DESCRIPTORS);
  let plane: LinuxDataPlane;
  let atFirst: number;
  let connections = 0;

  before(async () => {
    // The first thread of a process has it open what the others share.
    await (await openedPlane()).close();
    atFirst = descriptors();
    plane = await openedPlane();
  });

  after(async () => {
    await plane.close();
    assert.equal(connections, 12_250);
    assert.equal(budget.free, DESCRIPTORS, 'all that was taken from the budget is given back');
    // Fewer, when whatever loads the tests had a file open at first; more, while it has one.
    await until(() => descriptors() <= atFirst);
  });

  async function openedPlane(): Promise<LinuxDataPlane> {
    const opened = new LinuxDataPlane(2, { warning: () => {}, failed: assert.ifError }, budget);
    const exchange = await opened.openExchange(SETTINGS, DEAF);
    await exchange.stop();
    return opened;
  }

  /** A test of one way to end, which nothing is left of when it is over. */
  function way(
    name: string,
    settings: Partial<ExchangeSettings>,
    run: (exchange: Exchange) => Promise<unknown>,
    rounds = ROUNDS,
  ): void {
    test(name, async (t) => {
      const opened = await openExchange(t, plane, settings);
      const { exchange, ended } = opened;
      for (let round = 0; round < rounds; round += 1) await run(exchange);
      connections += rounds * BATCH;
      const { refused } = exchange.counters();
      const turnedAway = Object.values(refused).reduce((a, b) => a + b);
      await ended(rounds * BATCH - turnedAway);
      assert.deepEqual(inCloseWait(exchange), []);
    });
  }

  way('of connections that ended well', {}, async (exchange) => {
    const { clients, servers } = await pairs(exchange);
    for (const socket of [...clients, ...servers]) socket.end();
    await allClosed(clients, servers);
  });

  way('of those that a client reset', {}, async (exchange) => {
    const { clients, servers } = await pairs(exchange);
    for (const client of clients) client.resetAndDestroy();
    await allClosed(clients, servers);
  });

  way('of those that a server reset', {}, async (exchange) => {
    const { clients, servers } = await pairs(exchange);
    for (const server of servers) server.resetAndDestroy();
    await allClosed(clients, servers);
  });

  way('of clients that nobody fetched', { pairTimeout: 20 }, async (exchange) => {
    await allClosed(await arrive(exchange.clientPort));
  });

  way('of clients that left before they were fetched', { pairTimeout: 20 }, async (exchange) => {
    const clients = await arrive(exchange.clientPort);
    for (const [n, client] of clients.entries()) client[n % 2 ? 'destroy' : 'resetAndDestroy']();
    await allClosed(clients);
  });

  way('of clients over the limit', { limits: { ...LIMITS, clients: 0 } }, async (exchange) => {
    await allClosed(await arrive(exchange.clientPort));
  });

  way('of surplus back-connects', {}, async (exchange) => {
    const surplus = await arrive(exchange.backConnectPort);
    for (const socket of surplus) socket.end();
    await allClosed(surplus);
  });

  way('of half-closed ones that stayed silent', { halfCloseTimeout: 20 }, async (exchange) => {
    const { clients, servers } = await pairs(exchange);
    for (const client of clients) client.end();
    await allClosed(clients);
    for (const server of servers) server.destroy();
    await allClosed(servers);
  });

  way('of those that were cut', {}, async (exchange) => {
    const { clients, servers } = await pairs(exchange);
    exchange.cut('drain');
    await allClosed(clients, servers);
  });

  way(
    'of streams that were cut on their way, and of their pipes',
    {},
    async (exchange) => {
      const { clients, servers } = await pairs(exchange);
      const { bytesToClient } = exchange.counters();
      for (const server of servers) server.write(Buffer.alloc(1024 * 1024));
      const enough = bytesToClient + BATCH * 256 * 1024;
      await until(() => exchange.counters().bytesToClient > enough);
      exchange.cut('drain');
      await allClosed(clients, servers);
    },
    2,
  );

  test('of dialled pairs, however far they came', async (t) => {
    const ending = await serve(t, (socket) => socket.resume().end('x'));
    const resetting = await serve(t, (socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const nobody = await serve(t, () => {});
    await shut(nobody);
    for (const hello of [undefined, 'hello\n']) {
      const dial = (relay: { port: number }, target: { port: number }) =>
        plane.dialPair({
          relay: { host, port: relay.port, hello },
          target: { host, port: target.port },
          preface: Buffer.from('preface'),
          halfCloseTimeout,
        });
      await go([
        () => assert.rejects(dial(ending, nobody).ended, { side: 'target' }),
        () => assert.rejects(dial(nobody, ending).ended, { side: 'relay' }),
        () => assert.rejects(dial(nobody, nobody).ended, { name: 'DialError' }),
        () => dial(ending, ending).ended,
        () => dial(resetting, ending).ended,
        () => {
          const pair = dial(ending, ending);
          pair.cut();
          return pair.ended.catch(() => {});
        },
      ]);
    }
    await Promise.all([shut(ending), shut(resetting)]);
  });

  test('of spares, however far they came', async (t) => {
    const ending = await serve(t, (socket) => socket.resume().end('x'));
    const taking = await serve(t, (socket) => {
      socket.once('data', () => socket.end('taken\nx').resume());
    });
    const closing = await serve(t, (socket) => socket.end().resume());
    const resetting = await serve(t, (socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const silent = await serve(t, (socket) => socket.resume());
    const nobody = await serve(t, () => {});
    await shut(nobody);
    const dial = ({ port }: { port: number }) =>
      plane.dialSpare({ relay: { host, port, hello: 'hello\n' } });
    const lost = (spare: DialledSpare) => assert.rejects(spare.taken, { side: 'relay' });
    const served = async ({ port }: { port: number }) => {
      const spare = dial(taking);
      await spare.taken;
      const target = { host, port };
      return spare.serve({ target, preface: Buffer.from('preface'), halfCloseTimeout });
    };
    await go([
      () => lost(dial(nobody)),
      () => lost(dial(closing)),
      () => lost(dial(resetting)),
      () => {
        const spare = dial(silent);
        spare.cut();
        return lost(spare);
      },
      async () => {
        const spare = dial(silent);
        const arrived = once(silent, 'connection');
        const isLost = lost(spare);
        await arrived;
        spare.cut();
        await isLost;
      },
      async () => {
        const spare = dial(taking);
        await spare.taken;
        spare.cut();
      },
      async () => (await served(ending)).ended,
      async () => assert.rejects((await served(nobody)).ended, { side: 'target' }),
      async () => {
        const pair = await served(ending);
        pair.cut();
        await pair.ended.catch(() => {});
      },
    ]);
    await Promise.all([ending, taking, closing, resetting, silent].map(shut));
  });

  /** Each of them so often, and so many at a time. */
  async function go(ways: (() => Promise<unknown>)[]): Promise<void> {
    for (const way of ways) {
      for (let round = 0; round < 3; round += 1) {
        await Promise.all(Array.from({ length: BATCH }, way));
        connections += BATCH;
      }
    }
  }
});

test('what threads have open for themselves is in the budget too', async (t) => {
  const budget = new DescriptorBudget(DESCRIPTORS);
  const count = 3;
  const plane = new LinuxDataPlane(count, { warning: () => {}, failed: assert.ifError }, budget);
  const before = descriptors();
  for (let n = 0; n < count; n += 1) await openExchange(t, plane);
  t.after(() => plane.close());
  // The listeners are their owner's.
  const own = descriptors() - before - 2 * count;
  assert.ok(own > 0 && DESCRIPTORS - budget.free >= own, `${own}, ${DESCRIPTORS - budget.free}`);
});

/** As many connections as make a batch. */
async function arrive(port: number): Promise<Socket[]> {
  const sockets = Array.from({ length: BATCH }, () => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {});
    confirmEnd(socket);
    return socket;
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect').catch(() => {})));
  return sockets;
}

/** A batch of pairs. Whose back-connect is whose does not matter: all of them do the same. */
async function pairs(exchange: Exchange): Promise<{ clients: Socket[]; servers: Socket[] }> {
  const clients = await arrive(exchange.clientPort);
  for (const client of clients) client.write('x');
  await until(() => exchange.counters().waiting === BATCH);
  const servers = await arrive(exchange.backConnectPort);
  await Promise.all(servers.map((server) => once(server, 'readable')));
  return { clients, servers };
}

/** Reads everything to its end. */
async function allClosed(...batches: Socket[][]): Promise<void> {
  const closing = batches.flat().map(async (socket) => {
    if (socket.closed) return;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await outcome(socket);
    await closed;
  });
  await Promise.all(closing);
}

async function shut(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await closed;
}

const CLOSE_WAIT = '08';

/** Connections of ours whose peer has gone, and which nobody closes. */
function inCloseWait({ clientPort, backConnectPort }: Exchange): string[] {
  const own = [clientPort, backConnectPort].map((port) => port.toString(16).toUpperCase());
  const lines = readFileSync('/proc/self/net/tcp', 'utf8').split('\n');
  return lines.filter((line) => {
    const [, local = '', , state] = line.trim().split(/\s+/);
    return state === CLOSE_WAIT && own.includes(local.split(':')[1] ?? '');
  });
}
