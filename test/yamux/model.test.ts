import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { YamuxStream } from '#src/yamux/stream.ts';
import fc from '../support/properties.ts';
import { until } from '../support/until.ts';
import { open, sessionPair } from '../support/yamux.ts';

const STREAMS = 3;

/** What one end of a stream does next. */
const acts = fc.array(
  fc.record({
    stream: fc.nat(STREAMS - 1),
    end: fc.constantFrom('near', 'far'),
    act: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 1, max: 150_000 }) },
      { weight: 3, arbitrary: fc.constantFrom('pause', 'resume', 'turn') },
      { weight: 1, arbitrary: fc.constantFrom('end', 'reset') },
    ),
  }),
  { maxLength: 60 },
);

/** One end: what it has sent and got. */
class End {
  readonly stream: YamuxStream;
  sent = 0;
  got = 0;
  isRight = true;
  hasEnded = false;
  hasReset = false;

  constructor(stream: YamuxStream) {
    this.stream = stream;
    stream.on('data', (chunk: Buffer) => {
      // The n-th byte of a direction is n, cut down to an octet.
      for (const byte of chunk) {
        this.isRight &&= byte === this.got % 251;
        this.got += 1;
      }
    });
    stream.on('end', () => {
      this.hasEnded = true;
    });
  }

  do(act: number | string): void {
    const { stream } = this;
    if (act === 'pause') stream.pause();
    else if (act === 'resume') stream.resume();
    else if (act === 'end') stream.end();
    else if (act === 'reset') {
      this.hasReset = true;
      stream.resetAndDestroy();
    } else if (typeof act === 'number' && stream.writable) {
      const bytes = Uint8Array.from({ length: act }, (_, n) => (this.sent + n) % 251);
      this.sent += act;
      stream.write(bytes);
    }
  }

  /** Ends, if it has not yet, and reads on. */
  finish(): void {
    this.stream.resume();
    this.stream.end();
  }
}

test('whatever the ends do, in whatever order, bytes arrive once, in order, and ends are told apart', async (t) => {
  await fc.assert(
    fc.asyncProperty(acts, async (all) => {
      const { client, server } = await sessionPair(t);
      const pairs = await Promise.all(
        Array.from({ length: STREAMS }, async (_, n) => {
          const near = open(client);
          const far = await server.stream(n + 1);
          far.accept();
          return { near: new End(near), far: new End(far) };
        }),
      );
      for (const { stream, end, act } of all) {
        const pair = pairs[stream];
        if (act === 'turn') await new Promise((resolve) => setImmediate(resolve));
        else if (pair !== undefined) (end === 'near' ? pair.near : pair.far).do(act);
      }
      for (const { near, far } of pairs) {
        near.finish();
        far.finish();
      }
      await until(() => pairs.every(({ near, far }) => near.stream.closed && far.stream.closed));
      for (const { near, far } of pairs) {
        for (const [from, to] of [
          [near, far],
          [far, near],
        ] as const) {
          assert.ok(to.isRight, 'other bytes came than were sent');
          assert.ok(to.got <= from.sent, 'more came than was sent');
          if (to.hasEnded) assert.equal(to.got, from.sent);
          if (!near.hasReset && !far.hasReset) assert.ok(to.hasEnded, 'a direction did not end');
        }
      }
      assert.equal(client.session.size + server.session.size, 0);
      client.session.destroy();
      server.session.destroy();
    }),
    { numRuns: 60 },
  );
});
