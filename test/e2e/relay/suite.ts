import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, type TestContext, test } from 'node:test';
import { runBroker } from '../../support/program.ts';
import type { Registrant } from '../../support/registrants.ts';
import { connectTo, outcome, serve } from '../../support/tcp.ts';
import { byClientPort } from '../../support/ways-in.ts';

const MIB = 1024 * 1024;

/** MiB by which a broker may have grown when a client has offered it 256. */
const MOST_GROWTH = 16;

/** Of traffic, for the garbage collector to come round. */
const ROUNDS = 10;

/** What a relay does for its users, whatever program registers and however its clients get there. */
export function relaysFor(registrant: Registrant): void {
  describe(`through ${registrant.name}`, registrant.needs, () => {
    test('32 MiB come back whole to a client that half-closes', async (t) => {
      const { port, connect } = await relayedEcho(t, registrant);
      const client = await connect(t, port);
      const sent = randomBytes(32 * MIB);
      const echoed = outcome(client);
      client.end(sent);
      assert.deepEqual(await echoed, { data: sent, ending: 'eof' });
    });

    test('400 clients at once each get their own bytes back', async (t) => {
      const { port, connect } = await relayedEcho(t, registrant);
      const clients = Array.from({ length: 400 }, async (_, n) => {
        const client = await connect(t, port);
        const sent = Buffer.alloc(3000, `client ${n} `);
        const echoed = outcome(client);
        client.end(sent);
        assert.deepEqual(await echoed, { data: sent, ending: 'eof' });
      });
      await Promise.all(clients);
    });

    test('clients that leave at once shift nobody', async (t) => {
      const { port, knock, connect } = await relayedEcho(t, registrant);
      for (let round = 0; round < 20; round += 1) {
        const leaving = await Promise.all([knock(t, port), knock(t, port)]);
        leaving[0].resetAndDestroy();
        leaving[1].destroy();
        const client = await connect(t, port);
        const echoed = outcome(client);
        client.end(`round ${round}`);
        assert.equal((await echoed).data.toString(), `round ${round}`);
      }
    });

    test('a client that reads nothing does not grow the broker or hold up others', async (t) => {
      const { port, connect, broker } = await relayedEcho(t, registrant);
      // What the garbage collector lets lie comes with any traffic; here only the stuck client counts.
      const warm = await connect(t, port);
      const warmed = outcome(warm);
      warm.end(Buffer.alloc(64 * MIB));
      await warmed;
      const before = await residentMiB(broker.pid);

      const stuck = await connect(t, port);
      const chunk = Buffer.alloc(MIB, 'x');
      for (let offered = 0; offered < 256; offered += 1) stuck.write(chunk);
      // What is held for it stays; what is but not collected yet goes, as others' traffic goes on.
      let growth = Number.POSITIVE_INFINITY;
      for (let round = 0; round < ROUNDS && growth >= MOST_GROWTH; round += 1) {
        for (let n = 0; n < 5; n += 1) {
          const client = await connect(t, port);
          const echoed = outcome(client);
          client.end(chunk);
          assert.equal((await echoed).data.length, MIB);
        }
        growth = (await residentMiB(broker.pid)) - before;
      }
      assert.ok(growth < MOST_GROWTH, `grew by ${growth.toFixed(1)} MiB`);
    });

    if (registrant.portStays) return;
    test('the broker closes the ports when it goes away, and has no lease', async (t) => {
      const { port, broker, program } = await relayedEcho(t, registrant, '--lease', '0');
      program.signal('SIGKILL');
      await broker.line(new RegExp(`Port ${port} closed`));
      await assert.rejects(connectTo(t, port), { code: 'ECONNREFUSED' });
    });
  });
}

async function relayedEcho(t: TestContext, registrant: Registrant, ...options: string[]) {
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const broker = await runBroker(t, ...registrant.brokerOptions, ...options);
  const program = await registrant.start(t, broker, echo.port);
  const { port, knock, connect } = registrant.wayIn ?? byClientPort;
  return { port: await port(broker), knock, connect, broker, program };
}

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
