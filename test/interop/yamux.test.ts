import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { emptyFolder } from '../support/folder.ts';
import { needs } from '../support/needs.ts';
import { BASIC, clientPortOf, Program, runBroker } from '../support/program.ts';
import { connectTo, endingOf, outcome } from '../support/tcp.ts';

const MIB = 1024 * 1024;

async function build(t: TestContext): Promise<string> {
  const folder = await emptyFolder(t);
  const binary = join(folder, 'yamux-registrant');
  const program = new Program(t, 'go', ['build', '-C', 'test/interop/yamux', '-o', binary, '.']);
  if ((await program.exited) !== 0) throw new Error(program.output);
  return binary;
}

/** A registrant on hashicorp/yamux, and the port of its clients. */
async function register(
  t: TestContext,
  binary: string,
): Promise<{ port: number; registrant: Program }> {
  const broker = await runBroker(t, ...BASIC);
  const registrant = new Program(t, binary, [`127.0.0.1:${broker.controlPort}`]);
  const port = await clientPortOf(broker);
  await registrant.line(new RegExp(`^told "127\\.0\\.0\\.1:${port}"$`));
  return { port, registrant };
}

async function echoed(t: TestContext, port: number, bytes: Buffer): Promise<void> {
  const client = await connectTo(t, port);
  const seen = outcome(client);
  client.write('e');
  client.end(bytes);
  const { data, ending } = await seen;
  assert.equal(ending, 'eof');
  assert.ok(data.equals(bytes));
}

describe('hashicorp/yamux', needs('go'), () => {
  test('as a registrant serves its clients', async (t) => {
    const { port, registrant } = await register(t, await build(t));

    await t.test('which half-close, and get all of their bytes back', async (t) => {
      await echoed(t, port, randomBytes(32 * MIB));
    });

    await t.test('which send before their stream is there', async (t) => {
      const client = await connectTo(t, port);
      const seen = outcome(client);
      client.end('early');
      assert.equal(String((await seen).data), 'arly');
    });

    for (const many of [400, 1000]) {
      await t.test(`of which ${many} come at once`, async (t) => {
        const clients = Array.from({ length: many }, (_, n) =>
          echoed(t, port, Buffer.alloc(3000, `client ${n} `)),
        );
        await Promise.all(clients);
      });
    }

    await t.test('whose reset it is told of', async (t) => {
      const client = await connectTo(t, port);
      client.write('r12345');
      // A reset takes with it what has not been read by then.
      await registrant.line(/^reads$/);
      client.resetAndDestroy();
      await registrant.line(/^read \d: connection reset$/);
    });

    await t.test('which are told of its reset', async (t) => {
      const client = await connectTo(t, port);
      const ended = endingOf(client.resume());
      client.write('c');
      await ended;
      // Behind an end, if it got round to that, Node reads no more: it learns of a reset when it writes.
      while (client.errored === null) {
        client.write('x');
        await turn();
      }
      assert.match(String(client.errored), /ECONNRESET|EPIPE/);
    });

    await t.test('one of which it does not read, beside others', async (t) => {
      const stuck = await connectTo(t, port);
      stuck.write('h');
      const chunk = Buffer.alloc(MIB);
      for (let n = 0; n < 256; n += 1) stuck.write(chunk);
      for (let n = 0; n < 5; n += 1) await echoed(t, port, chunk);
      const taken = stuck.bytesWritten - stuck.writableLength;
      assert.ok(taken < 32 * MIB, `${taken} bytes were taken`);
    });

    await t.test('of which those that leave at once shift nobody', async (t) => {
      for (let round = 0; round < 20; round += 1) {
        const leaving = await Promise.all([connectTo(t, port), connectTo(t, port)]);
        leaving[0].resetAndDestroy();
        leaving[1].destroy();
        await echoed(t, port, Buffer.from(`round ${round}`));
      }
    });
  });
});
