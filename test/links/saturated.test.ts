import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import test, { type TestContext } from 'node:test';
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
 * What may pass before the answer: two seconds' worth. A member can wait for one second before its tenure is
 * over, see docs/fleet.md, and what is behind all that the clients have under way takes four. They are no
 * seconds of this machine, which may have other things to do.
 */
const MOST = 2 * BYTES_PER_SECOND;

test('a promise is in time while clients fill the line', async (t) => {
  const { near, far, there } = await new TestFleet(t).joinTwo();
  const line = await slowLine(t, far.member.link.port);
  const member = at(far.member, { port: line.port });
  const here = await Promise.all(
    Array.from({ length: CLIENTS }, () => near.links.forward(member, clientOf('bulk'))),
  );
  const streams = [...here, ...there] as YamuxStream[];
  for (const stream of streams) stream.resume().write(Buffer.alloc(8 * MIB));
  await until(() => sum(streams.map(({ bytesWritten }) => bytesWritten)) > 8 * MIB);
  for (let n = 0; n < 5; n += 1) {
    const before = line.passed();
    assert.equal(await near.links.askPromise(member, 's', 60_000), true);
    const passed = line.passed().map((bytes, way) => bytes - (before[way] ?? 0));
    t.diagnostic(`answer ${n + 1} behind ${passed} bytes`);
    assert.ok(Math.max(...passed) < MOST, `answer ${n + 1} behind ${passed} bytes`);
  }
  assert.ok(
    streams.every(({ writableLength }) => writableLength > 0),
    'or the line was free',
  );
});

/** A port whose connections share so many bytes per second on their way to another port. */
async function slowLine(
  t: TestContext,
  to: number,
): Promise<{ port: number; passed: () => number[] }> {
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
  /** Bytes each way. */
  const passed = () => [
    sum([...pairs].map(({ bytesToServer }) => bytesToServer)),
    sum([...pairs].map(({ bytesToClient }) => bytesToClient)),
  ];
  return { port, passed };
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
