import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { lost } from '../support/lost.ts';
import { traffic } from '../support/pairs.ts';
import { nowhere, station } from '../support/station.ts';
import { outcome } from '../support/tcp.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

const halfCloseTimeout = 30_000;
const MIB = 1024 * 1024;

/** As the far end of a pool dials it: nobody says hello, or that there is a client. */
export function dialSilentSpare(createPlane: PlaneUnderTest): void {
  /** A spare at a relay, and the relay's end of it, which then is its client's. */
  async function parked(t: TestContext, host = '127.0.0.1') {
    const relay = await station(t);
    const spare = createPlane().dialSpare({ relay: { host, port: relay.port } });
    t.after(() => spare.cut());
    // A test may well end it before it asks.
    spare.taken.catch(() => {});
    return { spare, client: await relay.next() };
  }

  describe('a spare without a hello', () => {
    test('is taken by the first byte of a client, which the target gets', async (t) => {
      const { spare, client } = await parked(t);
      client.write('r');
      assert.equal(await spare.taken, '');
      const target = await station(t);
      const pair = spare.serve({ target, halfCloseTimeout });
      const service = await target.next();
      const [seen, served] = [outcome(client), outcome(service)];
      client.end('equest');
      service.end('answer');
      assert.deepEqual(await served, { data: Buffer.from('request'), ending: 'eof' });
      assert.deepEqual(await seen, { data: Buffer.from('answer'), ending: 'eof' });
      assert.deepEqual(traffic(await pair.ended), {
        bytesToServer: 7,
        bytesToClient: 6,
        ending: 'eof',
      });
    });

    test('passes on all that its client sends before it is served, and the end', async (t) => {
      const { spare, client } = await parked(t);
      const [request, answer] = [randomBytes(8 * MIB), randomBytes(MIB)];
      client.end(request);
      await spare.taken;
      const target = await station(t, (socket) => socket.end(answer));
      const [seen, pair] = [outcome(client), spare.serve({ target, halfCloseTimeout })];
      const served = await outcome(await target.next());
      assert.ok(served.data.equals(request));
      assert.ok((await seen).data.equals(answer));
      const report = {
        bytesToServer: 8 * MIB,
        bytesToClient: MIB,
        ending: 'eof',
      };
      assert.deepEqual(traffic(await pair.ended), report);
    });

    test('passes on the reset of a client behind its first bytes', async (t) => {
      const { spare, client } = await parked(t);
      client.write('request');
      await spare.taken;
      client.resetAndDestroy();
      const target = await station(t);
      const pair = spare.serve({ target, halfCloseTimeout });
      const served = target.next().then(outcome);
      assert.equal((await pair.ended).ending, 'client-reset');
      assert.equal((await served).ending, 'ECONNRESET');
    });

    test('finds the relay by a name', async (t) => {
      const { spare, client } = await parked(t, 'localhost');
      client.write('x');
      assert.equal(await spare.taken, '');
    });

    test('is lost when its relay has no address, or refuses', async (t) => {
      const { port } = await nowhere(t);
      for (const [host, codes] of [
        ['no.invalid', ['ENOTFOUND', 'EAI_AGAIN']],
        ['localhost', ['ECONNREFUSED']],
        ['127.0.0.1', ['ECONNREFUSED']],
      ] as const) {
        const spare = createPlane().dialSpare({ relay: { host, port } });
        await assert.rejects(spare.taken, ({ cause }: Error) => {
          const { code } = cause instanceof AggregateError ? cause.errors[0] : cause;
          return codes.includes(code as never);
        });
      }
    });

    test('is lost, and not taken, when the relay ends or resets it', async (t) => {
      for (const [act, code] of [
        ['end', 'EOF'],
        ['resetAndDestroy', 'ECONNRESET'],
      ] as const) {
        const { spare, client } = await parked(t);
        const seen = outcome(client);
        client[act]();
        await lost(spare, code);
        assert.equal((await seen).ending, act === 'end' ? 'ECONNRESET' : 'closed');
      }
    });

    test('is reset when it is cut while it waits, or before its relay is found', async (t) => {
      const { spare, client } = await parked(t);
      const seen = outcome(client);
      // Both ends of a connection are told of it within one turn of the loop.
      await new Promise((turned) => setImmediate(() => setImmediate(turned)));
      spare.cut();
      await lost(spare, 'ABORT_ERR');
      assert.equal((await seen).ending, 'ECONNRESET');
      const unfound = createPlane().dialSpare({ relay: { host: 'localhost', port: 1 } });
      unfound.cut();
      await lost(unfound, 'ABORT_ERR');
    });
  });
}
