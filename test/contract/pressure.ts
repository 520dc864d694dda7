import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { descriptors } from '../support/descriptors.ts';
import { LIMITS, openExchange } from '../support/exchange.ts';
import { connectTo, knock, outcome, read } from '../support/tcp.ts';
import { until } from '../support/until.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

const MIB = 1024 * 1024;

export function pressure(createPlane: PlaneUnderTest): void {
  describe('under pressure', () => {
    test('a client that reads nothing stops its server, and nobody else', async (t) => {
      const { pair, exchange } = await openExchange(t, createPlane());
      const stuck = await pair();
      const chunk = Buffer.alloc(MIB);
      for (let offered = 0; offered < 64; offered += 1) stuck.server.write(chunk);
      const other = await pair();
      const sent = randomBytes(8 * MIB);
      const received = outcome(other.client);
      other.server.end(sent);
      assert.deepEqual((await received).data, sent);
      // What the kernel holds for two connections, not the 64 MiB on offer.
      assert.ok(exchange.counters().bytesToClient - sent.length < 24 * MIB);
      const read = outcome(stuck.client);
      stuck.server.end();
      assert.equal((await read).data.length, 64 * MIB);
    });

    test('a slow reader gets every byte in order', async (t) => {
      const { pair } = await openExchange(t, createPlane());
      const { client, server } = await pair();
      const sent = randomBytes(16 * MIB);
      server.end(sent);
      const hash = createHash('sha256');
      for (let left = sent.length; left > 0; ) {
        const piece = await read(client, Math.min(left, 100_003));
        hash.update(piece);
        left -= piece.length;
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.equal(hash.digest('hex'), createHash('sha256').update(sent).digest('hex'));
    });

    test('400 clients at once each get their own bytes back', async (t) => {
      const { exchange, events, backConnect } = await openExchange(t, createPlane());
      events.on('clientWaiting', async () => {
        const server = await backConnect();
        server.pipe(server);
      });
      const answers = Array.from({ length: 400 }, async (_, n) => {
        const client = await connectTo(t, exchange.clientPort);
        const sent = Buffer.alloc(5000, `client ${n} `);
        const echoed = outcome(client);
        client.end(sent);
        assert.deepEqual(await echoed, { data: sent, ending: 'eof' });
      });
      await Promise.all(answers);
    });

    test('no byte goes astray when clients leave early and back-connects come late or never', async (t) => {
      const { exchange, events, backConnect, ended } = await openExchange(t, createPlane(), {
        pairTimeout: 1500,
      });
      const due: number[] = [];
      events.on('clientWaiting', ({ id }: { id: number }) => {
        if (id % 20 !== 0) due.push(id);
        if (due.length >= 7) for (const _ of due.splice(0).reverse()) void answer();
      });
      const answer = async () => {
        // A client that was reset resets its back-connect, which may be as soon as it connects.
        const server = await backConnect().catch(() => undefined);
        server?.pipe(server);
      };
      const flush = setInterval(() => {
        for (const _ of due.splice(0)) void answer();
      }, 20);
      t.after(() => clearInterval(flush));

      const arrivals = 1000;
      let served = 0;
      const visit = async (n: number) => {
        const client = await connectTo(t, exchange.clientPort);
        const nonce = randomBytes(16);
        client.write(nonce);
        if (n % 10 === 0) {
          client[n % 20 === 0 ? 'resetAndDestroy' : 'destroy']();
          return;
        }
        client.end();
        const { data } = await outcome(client);
        if (data.length > 0) assert.deepEqual(data, nonce);
        if (data.length === nonce.length) served += 1;
      };
      let begun = 0;
      const visitor = async () => {
        while (begun < arrivals) {
          begun += 1;
          await visit(begun);
        }
      };
      await Promise.all(Array.from({ length: 50 }, visitor));
      await ended(arrivals);
      assert.ok(served >= arrivals * 0.8, `${served} of ${arrivals} were served`);
    });

    test('no descriptor is left after connections ended in every way', async (t) => {
      const { pair, backConnect, ended, exchange, events } = await openExchange(t, createPlane(), {
        pairTimeout: 2000,
        halfCloseTimeout: 100,
        limits: { ...LIMITS, clients: 100 },
      });
      await finish(await pair());
      await ended(1);
      const before = descriptors();
      const rounds = 100;
      for (let n = 0; n < rounds; n += 1) {
        await finish(await pair());
        const reset = await pair();
        reset.client.resetAndDestroy();
        await outcome(reset.server);
        const refused = once(events, 'backConnectRefused');
        const surplus = await backConnect();
        await refused;
        surplus.destroy();
      }
      // The reset may be here before we are told of the connection.
      const late = Array.from({ length: 20 }, () => knock(exchange.clientPort));
      for (const answer of await Promise.all(late)) assert.equal(answer, 'ECONNRESET');
      const silences: Promise<void>[] = [];
      for (let n = 0; n < 20; n += 1) silences.push(beSilent(await pair()));
      await Promise.all(silences);
      await ended(1 + rounds * 2 + 20 + 20);
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(exchange.counters().paired, 0);
      await until(() => descriptors() <= before);
    });
  });
}

async function finish({ client, server }: { client: Socket; server: Socket }): Promise<void> {
  client.end('over');
  server.end('out');
  await Promise.all([outcome(client), outcome(server)]);
}

async function beSilent({ client, server }: { client: Socket; server: Socket }): Promise<void> {
  client.end();
  await Promise.all([outcome(client), outcome(server)]);
  client.destroy();
  server.destroy();
}
