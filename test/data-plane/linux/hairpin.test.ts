import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { StreamSocket } from '#src/data-plane/data-plane.ts';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import { Hairpin } from '#src/data-plane/linux/hairpin.ts';
import { knock, outcome } from '../../support/tcp.ts';
import { until } from '../../support/until.ts';
import { open, streamPair } from '../../support/yamux.ts';

const FREE = 4;

function hairpin(t: TestContext, budget = new DescriptorBudget(FREE)) {
  const made = new Hairpin(budget);
  t.after(() => made.close());
  const socketFor = async (stream: StreamSocket) => {
    const socket = await made.socketFor(stream);
    t.after(() => socket.destroy());
    return socket;
  };
  return { budget, socketFor };
}

test('a socket stands for a stream, until both have ended', async (t) => {
  const { budget, socketFor } = hairpin(t);
  const { near, far } = await streamPair(t);
  const socket = await socketFor(near);
  assert.equal(budget.free, FREE - 2);
  far.end('there');
  assert.deepEqual(await outcome(socket.resume()), { data: Buffer.from('there'), ending: 'eof' });
  socket.end('and back');
  assert.deepEqual(await outcome(far), { data: Buffer.from('and back'), ending: 'eof' });
  await until(() => budget.free === FREE);
});

test('nobody else gets in', async (t) => {
  const { socketFor } = hairpin(t);
  const { near } = await streamPair(t);
  const { localPort = 0 } = await socketFor(near);
  assert.equal(await knock(localPort), 'ECONNRESET');
});

test('what there are no descriptors for is refused, until there are', async (t) => {
  const { budget, socketFor } = hairpin(t);
  const { client, near } = await streamPair(t);
  const sockets = [await socketFor(near), await socketFor(open(client))];
  const late = open(client);
  await assert.rejects(socketFor(late), { code: 'EMFILE' });
  for (const socket of sockets) socket.resetAndDestroy();
  await until(() => budget.free === FREE);
  await socketFor(late);
});

test('a stream that is gone gets none, and takes none', async (t) => {
  const { budget, socketFor } = hairpin(t);
  const { near } = await streamPair(t);
  const socket = socketFor(near);
  near.destroy();
  await assert.rejects(socket, { code: 'ECONNRESET' });
  await until(() => budget.free === FREE);
});

test('each of many gets its own', async (t) => {
  const { socketFor } = hairpin(t, new DescriptorBudget(1000));
  const { client, server } = await streamPair(t);
  await Promise.all(
    Array.from({ length: 100 }, async (_, n) => {
      const socket = await socketFor(open(client));
      socket.end(`stream ${n}`);
    }),
  );
  // The first is the pair's own.
  const said = await Promise.all(
    Array.from({ length: 100 }, async (_, n) => {
      const { data } = await outcome(await server.stream(n + 2));
      return data.toString();
    }),
  );
  assert.deepEqual(
    said,
    Array.from(said, (_, n) => `stream ${n}`),
  );
});
