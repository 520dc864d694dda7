import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Loop } from '#src/data-plane/linux/loop/loop.ts';
import { Outbox } from '#src/data-plane/linux/loop/outbox.ts';
import type { LoopEvent } from '#src/data-plane/linux/messages.ts';
import { run, until } from '../../support/relay-parts.ts';

/** Milliseconds that news may wait. */
const PATIENCE = 10;
/** Events in one message at most, unless they come in one turn. */
const FULL = 512;
/** Events that the main thread may be behind. */
const MOST_UNHANDLED = 16 * 1024;

function outboxOf() {
  const loop = new Loop();
  const handled = new Int32Array(new SharedArrayBuffer(4));
  const messages: LoopEvent[][] = [];
  const outbox = new Outbox(loop, handled, (events) => messages.push(events));
  return { loop, outbox, messages, handled };
}

const event = (id: number): LoopEvent => ['stopped', id];

test('what is told goes out in the turn it is told in, behind what was mentioned before', () => {
  const { loop, outbox, messages } = outboxOf();
  run(loop, function* () {
    outbox.mention(event(1));
    outbox.tell(event(2));
    outbox.mention(event(3));
    assert.deepEqual(messages, []);
    yield;
    assert.deepEqual(messages, [[event(1), event(2), event(3)]]);
  });
});

test('what is mentioned waits for more, but not for long', () => {
  const { loop, outbox, messages } = outboxOf();
  run(loop, function* () {
    const since = loop.now;
    outbox.mention(event(1));
    yield;
    outbox.mention(event(2));
    yield* until(() => messages.length > 0);
    const waited = performance.now() - since;
    assert.ok(waited >= PATIENCE - 1, `${waited} ms`);
    assert.deepEqual(messages, [[event(1), event(2)]]);
    outbox.mention(event(3));
    yield* until(() => messages.length > 1);
    assert.deepEqual(messages[1], [event(3)]);
  });
});

test('much that is mentioned does not wait', () => {
  const { loop, outbox, messages } = outboxOf();
  run(loop, function* () {
    for (let n = 0; n < FULL; n += 1) outbox.mention(event(n));
    yield;
    assert.equal(messages[0]?.length, FULL);
  });
});

test('a warning is passed on once in a while for each kind', () => {
  const { loop, outbox, messages } = outboxOf();
  for (const _ of [1, 2, 3]) {
    outbox.warn('pipes');
    outbox.warn('accept');
  }
  outbox.proceed();
  assert.deepEqual(messages, [
    [
      ['warning', undefined, 'pipes'],
      ['warning', undefined, 'accept'],
    ],
  ]);
  loop.now += 1001;
  outbox.warn('pipes');
  outbox.proceed();
  assert.equal(messages.length, 2);
});

test('it tells when the main thread is behind', () => {
  const { outbox, messages, handled } = outboxOf();
  const post = (count: number) => {
    for (let n = 0; n < count; n += 1) outbox.mention(event(n));
    outbox.proceed();
  };
  post(MOST_UNHANDLED);
  assert.equal(outbox.isBacklogged, false);
  post(1);
  assert.equal(outbox.isBacklogged, true);
  Atomics.add(handled, 0, messages.flat().length);
  assert.equal(outbox.isBacklogged, false);
});
