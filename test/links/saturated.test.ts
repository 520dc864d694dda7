import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import test, { type TestContext } from 'node:test';
import type { StreamSocket } from '#src/data-plane/data-plane.ts';
import { Pair } from '#src/data-plane/portable/pair.ts';
import { Throttle } from '#src/data-plane/portable/throttle.ts';
import type { YamuxStream } from '#src/yamux/stream.ts';
import { at, clientOf, TestFleet } from '../support/fleet-links.ts';
import { connectTo, serve } from '../support/tcp.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;

/** Of the line between two members, each way: what lies in two kernels' buffers takes seconds. */
const BYTES_PER_SECOND = 2 * MIB;

/** As many windows as fill those. */
const CLIENTS = 32;

/**
 * A member can wait for 1000 before its tenure is over, see docs/fleet.md; a busy machine may take as much for
 * itself. What is behind all that the clients have under way takes four seconds.
 */
const PATIENCE = 2000;

test('a promise is in time while clients fill the line', async (t) => {
  const fleet = new TestFleet(t);
  const there: StreamSocket[] = [];
  const near = await fleet.join('near:1');
  const far = await fleet.join('far:1', {
    serve: () => (stream) => void there.push(stream),
    promise: () => true,
  });
  const member = at(far.member, { port: await slowLine(t, far.member.link.port) });
  const here = await Promise.all(
    Array.from({ length: CLIENTS }, () => near.links.forward(member, clientOf('bulk'))),
  );
  const streams = [...here, ...there] as YamuxStream[];
  for (const stream of streams) stream.resume().write(Buffer.alloc(8 * MIB));
  await until(() => streams.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0) > 8 * MIB);
  for (let n = 0; n < 5; n += 1) {
    const asked = performance.now();
    const isPromised = await near.links.askPromise(member, 's', PATIENCE);
    const took = performance.now() - asked;
    t.diagnostic(`answer ${n + 1} after ${Math.round(took)} ms`);
    assert.equal(isPromised, true, `answer ${n + 1}`);
  }
  assert.ok(
    streams.every(({ writableLength }) => writableLength > 0),
    'or the line was free',
  );
});

/** A port whose connections share so many bytes per second on their way to another port. */
async function slowLine(t: TestContext, to: number): Promise<number> {
  const throttle = {
    toServer: new Throttle(BYTES_PER_SECOND),
    toClient: new Throttle(BYTES_PER_SECOND),
  };
  const pairs = new Set<Pair>();
  t.after(() => {
    for (const pair of pairs) pair.cut();
  });
  const { port } = await serve(t, async (client: Socket) => {
    client.pause();
    const server = (await connectTo(t, to)).pause();
    pairs.add(new Pair({ client, server, halfCloseTimeout: 0, throttle, onEnd: () => {} }));
  });
  return port;
}
