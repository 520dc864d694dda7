import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Connection } from '#src/data-plane/linux/loop/connection.ts';
import { close, isReadable, NO_EVENTS, shutdownWrite } from '#src/data-plane/linux/system-calls.ts';
import { connection, relayParts, run, until } from '../../support/relay-parts.ts';

/** A connection that is listened to, and what was heard of it until it is left after so many pieces. */
function heard(t: TestContext, pieces = Number.POSITIVE_INFINITY) {
  const { relay } = relayParts();
  const { own, peer } = connection(t);
  t.after(() => close(own));
  const listened = new Connection(own);
  const what: string[] = [];
  const isWatched = listened.listen(relay.loop, {
    ready: () => {},
    heard(bytes) {
      what.push(Buffer.from(bytes).toString());
      if (what.length === pieces) listened.leave();
    },
    gone: () => what.push('gone'),
  });
  assert.ok(isWatched);
  return { loop: relay.loop, listened, peer, what };
}

test('what comes is heard, and the end behind it', (t) => {
  const { loop, peer, what } = heard(t);
  run(loop, function* () {
    peer.send(Buffer.from('some'));
    yield* until(() => what.length === 1);
    peer.send(Buffer.from('more'));
    shutdownWrite(peer.descriptor);
    yield* until(() => what.length === 3);
    assert.deepEqual(what, ['some', 'more', 'gone']);
  });
});

test('a failure is heard as an end', (t) => {
  const { loop, peer, what } = heard(t);
  run(loop, function* () {
    peer.reset();
    yield* until(() => what.length === 1);
    assert.deepEqual(what, ['gone']);
  });
});

test('whoever takes over a connection that was read empty need not read it', (t) => {
  const { loop, listened, peer, what } = heard(t, 1);
  assert.equal(listened.seen, NO_EVENTS);
  run(loop, function* () {
    peer.send(Buffer.from('all'));
    yield* until(() => what.length === 1);
    assert.equal(listened.seen, NO_EVENTS);
  });
});

test('whoever takes over a connection learns of an end behind what was read', (t) => {
  const { loop, listened, peer, what } = heard(t, 1);
  run(loop, function* () {
    peer.send(Buffer.from('all'));
    shutdownWrite(peer.descriptor);
    yield* until(() => what.length === 1);
    assert.ok(isReadable(listened.seen ?? NO_EVENTS));
  });
});

test('whoever takes over a connection learns that more is to be read', (t) => {
  const { loop, listened, peer, what } = heard(t, 1);
  run(loop, function* () {
    peer.send(Buffer.alloc(100_000));
    yield* until(() => what.length === 1);
    assert.ok(isReadable(listened.seen ?? NO_EVENTS));
  });
});

test('a connection that the kernel has no memory to watch is not listened to', (t) => {
  const { relay } = relayParts();
  const { own } = connection(t);
  t.after(() => close(own));
  relay.loop.watch = () => false;
  const deaf = new Connection(own);
  assert.equal(
    deaf.listen(relay.loop, {
      ready: () => {},
      heard: () => assert.fail(),
      gone: () => assert.fail(),
    }),
    false,
  );
  assert.equal(deaf.seen, undefined, 'whoever takes over has to watch it');
});
