import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import test, { type TestContext } from 'node:test';
import { at, clientOf, FREE, TestFleet } from '../support/fleet-links.ts';
import { connectTo, outcome, serve } from '../support/tcp.ts';
import { until } from '../support/until.ts';

test('a line that goes silent without a word is over for both sides', async (t) => {
  const { near, far, there } = await new TestFleet(t).joinTwo();
  const line = await breakableLine(t, far.member.link.port);
  const member = at(far.member, { port: line.port });
  const here = await near.links.forward(member, clientOf('blog'));
  if (typeof here === 'string') throw new Error(`refused: ${here}`);
  const endings = [here, ...there].map((stream) => outcome(stream));
  assert.equal(endings.length, 2);
  line.goSilent();
  // Questions have a connection of their own, which is not there yet.
  assert.equal(await near.links.askPromise(member, 's', 100), false);
  await assert.rejects(near.links.forward(member, clientOf('blog')), { failure: 'timeout' });
  for (const { ending } of await Promise.all(endings)) assert.equal(ending, 'ECONNRESET');
  await until(() => near.budget.free === FREE && far.budget.free === FREE);
});

/** A way to a port on which, from some moment on, nothing moves any more, and nothing ends. */
async function breakableLine(t: TestContext, to: number) {
  const sockets = new Set<Socket>();
  let isSilent = false;
  const pass = (from: Socket, on: Socket) => {
    sockets.add(from);
    from.on('data', (chunk) => on.write(chunk)).on('end', () => on.end());
    if (isSilent) from.pause();
  };
  const { port } = await serve(t, async (socket) => {
    socket.pause();
    const other = await connectTo(t, to);
    pass(socket, other);
    pass(other, socket);
    if (!isSilent) socket.resume();
  });
  return {
    port,
    goSilent() {
      isSilent = true;
      for (const socket of sockets) socket.pause();
    },
  };
}
