import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DeadlineQueue } from '#src/data-plane/deadline-queue.ts';
import { Pair } from '#src/data-plane/linux/loop/pair.ts';
import { isRoomy } from '#src/data-plane/linux/system-calls.ts';
import { connection, type RelayParts, relayParts, run, until } from '../../support/relay-parts.ts';

/** What the watchdog lets pass before it looks. */
const INTERVAL = 1000;

/** A pair whose client reads nothing, and what it is about to be sent lies with the relay. */
function* stuck(t: TestContext, { relay }: RelayParts) {
  const [client, server] = [connection(t), connection(t)];
  const pair = new Pair(relay, client.own, server.own, {
    halfClosed: new DeadlineQueue<Pair>(30_000),
    moved: () => {},
    pairEnded: () => {},
  });
  t.after(() => pair.cut('cut'));
  pair.watch();
  let taken = -1;
  yield* until(() => {
    const before = taken;
    taken = pair.traffic[1];
    return server.peer.fill() === 0 && taken === before;
  });
  return { pair, client: client.peer, own: client.own };
}

/** Reads until so many more bytes have been relayed, or nothing is left to read. */
function* settle(pair: Pair) {
  for (let [last, turns] = [-1, 0]; turns < 50; turns += 1) {
    if (pair.traffic[1] !== last) turns = 0;
    last = pair.traffic[1];
    yield;
  }
}

test('a reader that is slow, but reads, is not taken for a stalled connection', (t) => {
  const parts = relayParts();
  const { loop, watchdog } = parts.relay;
  run(loop, function* () {
    const { pair, client } = yield* stuck(t, parts);
    let now = loop.now;
    // Each time less than what the kernel wants to be free before it says so, and more than nothing.
    for (let look = 0; look < 5; look += 1) {
      for (let left = 512 * 1024; left > 0; ) left -= client.receive(left)?.length || left;
      yield* settle(pair);
      now += INTERVAL;
      watchdog.tick(now);
      yield* settle(pair);
    }
    watchdog.tick(now + INTERVAL);
    assert.deepEqual(parts.warnings, []);
  });
});

test('a connection whose event was lost is moved on, and that is reported', (t) => {
  const parts = relayParts();
  const { loop, watchdog } = parts.relay;
  run(loop, function* () {
    const { pair, client, own } = yield* stuck(t, parts);
    let lost = 0;
    loop.handOver(own, { ready: () => (lost += 1) });
    yield* until(() => {
      client.receive();
      // An event may also be one that was under way before there was room.
      return lost > 0 && isRoomy(own);
    });
    const before = pair.traffic[1];
    yield* settle(pair);
    assert.equal(pair.traffic[1], before, 'nothing moves by itself');
    watchdog.tick(loop.now + INTERVAL);
    assert.deepEqual(parts.warnings, [], 'the event may be on its way');
    // Twice the interval at once may be a hair less than one behind the other.
    watchdog.tick(loop.now + 2 * INTERVAL + 1);
    assert.deepEqual(parts.warnings, ['stall']);
    yield* settle(pair);
    assert.ok(pair.traffic[1] > before);
  });
});

test('a pair that has ended is no longer looked after', (t) => {
  const parts = relayParts();
  const { loop, watchdog } = parts.relay;
  run(loop, function* () {
    const { pair } = yield* stuck(t, parts);
    assert.ok(watchdog.tick(loop.now) < Number.POSITIVE_INFINITY);
    pair.cut('cut');
    assert.equal(watchdog.tick(loop.now), Number.POSITIVE_INFINITY);
  });
});
