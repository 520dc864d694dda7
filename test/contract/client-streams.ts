import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import type { ClientBeginning, ExchangeSettings } from '#src/data-plane/data-plane.ts';
import { LIMITS } from '../support/exchange.ts';
import { outcome, read } from '../support/tcp.ts';
import { openTicketExchange } from '../support/ticket-exchange.ts';
import { until } from '../support/until.ts';
import { streamPair } from '../support/yamux.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

const MIB = 1024 * 1024;
const NOTHING = { read: new Uint8Array(0), greeting: '' };
const CLIENT = { address: '192.0.2.7', port: 4711 };

/** More than sockets and streams hold on the way, by far. */
const MUCH = 64 * MIB;

/** Clients that take longer to get in than an exchange to be shut. */
const CROWD = 50;

export function clientStreams(createPlane: PlaneUnderTest): void {
  describe('a client that comes as a stream', () => {
    test('is known by the address that it is said to have', async (t) => {
      const { exchange, told } = await entered(t, createPlane);
      assert.deepEqual(told.client, CLIENT);
      const [{ clientAddress, sourcePort } = {}] = await exchange.connections();
      assert.deepEqual([clientAddress, sourcePort], [CLIENT.address, CLIENT.port]);
    });

    test('gets its greeting, and what it said before goes first', async (t) => {
      const { far, present } = await entered(t, createPlane, {
        read: Buffer.from('before '),
        greeting: 'hi\n',
      });
      far.write('behind');
      const server = await present();
      assert.equal((await read(server, 13)).toString(), 'before behind');
      assert.equal((await read(far, 3)).toString(), 'hi\n');
      far.destroy();
    });

    test('may end first', async (t) => {
      const { far, present, ended } = await entered(t, createPlane);
      const [request, answer] = [randomBytes(MIB), randomBytes(MIB)];
      far.end(request);
      const server = await present();
      assert.deepEqual(await outcome(server), { data: request, ending: 'eof' });
      server.end(answer);
      assert.deepEqual(await outcome(far), { data: answer, ending: 'eof' });
      const { clientAddress, sourcePort, bytesToServer, bytesToClient, ending, firstEnd } =
        await ended;
      assert.deepEqual([clientAddress, sourcePort], [CLIENT.address, CLIENT.port]);
      assert.deepEqual([bytesToServer, bytesToClient], [MIB, MIB]);
      assert.deepEqual([ending, firstEnd], ['eof', 'client']);
    });

    test('may end second', async (t) => {
      const { far, present, ended } = await entered(t, createPlane);
      const server = await present();
      server.end('answer');
      assert.equal((await outcome(far)).data.toString(), 'answer');
      far.end('thanks');
      assert.deepEqual(await outcome(server), { data: Buffer.from('thanks'), ending: 'eof' });
      const { ending, firstEnd } = await ended;
      assert.deepEqual([ending, firstEnd], ['eof', 'server']);
    });

    test('that is reset is so for the server too', async (t) => {
      const { far, present, ended } = await entered(t, createPlane);
      const server = await present();
      const got = outcome(server);
      far.write('x');
      await until(() => server.bytesRead > 0);
      far.resetAndDestroy();
      assert.equal((await got).ending, 'ECONNRESET');
      assert.equal((await ended).ending, 'client-reset');
    });

    test('that was reset while it waited is so for the server too', async (t) => {
      const { near, far, present } = await entered(t, createPlane);
      far.write('request');
      far.resetAndDestroy();
      await until(() => near.destroyed);
      assert.equal((await outcome(await present())).ending, 'ECONNRESET');
    });

    test('is reset when the server is', async (t) => {
      const { far, present, ended } = await entered(t, createPlane);
      const server = await present();
      const got = outcome(far);
      server.write('x');
      await until(() => far.bytesRead > 0);
      server.resetAndDestroy();
      assert.equal((await got).ending, 'ECONNRESET');
      assert.equal((await ended).ending, 'server-reset');
    });

    test('and does not read stops its server, and no other stream', async (t) => {
      const stuck = await entered(t, createPlane);
      const server = await stuck.present();
      server.write(Buffer.alloc(MUCH));
      const other = await entered(t, createPlane);
      const sent = randomBytes(8 * MIB);
      const received = outcome(other.far);
      (await other.present()).end(sent);
      assert.deepEqual((await received).data, sent);
      other.far.end();
      // What the kernel and the window hold, not all that is on offer.
      assert.ok(stuck.exchange.counters().bytesToClient < 24 * MIB);
      const all = outcome(stuck.far);
      server.end();
      assert.equal((await all).data.length, MUCH);
      stuck.far.end();
    });

    test('is counted for the address that it is said to have', async (t) => {
      const limits = { ...LIMITS, clientsPerAddress: 1, deny: ['198.51.100.0/24'] };
      const { exchange, refused } = await entered(t, createPlane, {}, { limits });
      const enter = async (address: string) => {
        const { near, far } = await streamPair(t);
        exchange.adoptClient(near, { ...NOTHING, client: { address, port: 1 } });
        assert.equal((await outcome(far)).ending, 'ECONNRESET');
      };
      await enter(CLIENT.address);
      await enter('198.51.100.9');
      assert.deepEqual(await refused(2), ['address-limit', 'denied']);
    });

    test('is in by the time that the listener is shut', async (t) => {
      const { exchange } = await openTicketExchange(t, createPlane());
      const pairs = await Promise.all(Array.from({ length: CROWD }, () => streamPair(t)));
      for (const { near } of pairs) exchange.adoptClient(near, { ...NOTHING, client: CLIENT });
      await exchange.shut('clients');
      assert.equal(exchange.counters().waiting, CROWD);
    });

    test('is reset where nobody comes any more', async (t) => {
      const { exchange } = await openTicketExchange(t, createPlane());
      await exchange.stop();
      const { near, far } = await streamPair(t);
      const got = outcome(far);
      exchange.adoptClient(near, { ...NOTHING, client: CLIENT });
      assert.equal((await got).ending, 'ECONNRESET');
    });
  });
}

/** A client of a new exchange that waits, its stream seen from both ends. */
async function entered(
  t: TestContext,
  createPlane: PlaneUnderTest,
  begun: Partial<ClientBeginning> = {},
  settings: Partial<ExchangeSettings> = {},
) {
  const opened = await openTicketExchange(t, createPlane(), settings);
  const { near, far } = await streamPair(t);
  opened.exchange.adoptClient(near, { ...NOTHING, ...begun, client: CLIENT });
  const [told] = await opened.announced(1);
  if (told === undefined) throw new Error('nobody was announced');
  const present = () => opened.present(told.ticket);
  const ended = opened.ended(1).then(([record]) => {
    if (record === undefined) throw new Error('nothing ended');
    return record;
  });
  return { ...opened, near, far, told, present, ended };
}
