import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GCProfiler } from 'node:v8';
import { encodeHeader, FLAG, TYPE } from '#src/yamux/header.ts';
import { freeYoungBuffers } from '#src/young-buffers.ts';
import { connection, sessionOn } from './support/yamux.ts';

const MIB = 1024 * 1024;

/** How often that has what is young collected. */
function collections(during: () => void): number {
  const profiler = new GCProfiler();
  profiler.start();
  during();
  return profiler.stop().statistics.filter(({ gcType }) => gcType === 'Scavenge').length;
}

/** Two octets, of which each holds a buffer of its own. */
function twoOctets(): [Buffer, Buffer] {
  return [Buffer.alloc(MIB).subarray(7, 8), Buffer.alloc(MIB).subarray(7, 8)];
}

test('what was read is collected while it is young, by what it holds', () => {
  const chunks = twoOctets();
  const count = collections(() => {
    for (let n = 0; n < 50; n += 1) for (const chunk of chunks) freeYoungBuffers(chunk);
  });
  assert.ok(count >= 10, `${count} times`);
});

test('a buffer that many chunks share counts once', () => {
  const [chunk] = twoOctets();
  const count = collections(() => {
    for (let n = 0; n < 100; n += 1) freeYoungBuffers(chunk);
  });
  assert.ok(count < 10, `${count} times`);
});

test('frames without payload count as well', async (t) => {
  const { accepted } = await connection(t);
  const { session } = sessionOn(accepted);
  t.after(() => session.destroy());
  const answer = encodeHeader({ type: TYPE.ping, flags: FLAG.ack, id: 0, length: 1 });
  const chunks = [Buffer.alloc(MIB), Buffer.alloc(MIB)].map((buffer) => {
    answer.copy(buffer);
    return buffer.subarray(0, answer.length);
  });
  const count = collections(() => {
    for (let n = 0; n < 50; n += 1) for (const chunk of chunks) accepted.emit('data', chunk);
  });
  assert.ok(count >= 10, `${count} times`);
});
