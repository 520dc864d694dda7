import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Acceptor } from '#src/data-plane/linux/loop/acceptor.ts';
import { close, connect, listen } from '#src/data-plane/linux/system-calls.ts';
import { Peer, type RelayParts, relayParts, run, until } from '../../support/relay-parts.ts';

/** How long a listener rests when there was no room. */
const RETRY = 100;

/** A listener, how many connections there is room for, and the addresses of those it took. */
function listening(t: TestContext, { relay }: RelayParts) {
  const bound = listen({ address: '127.0.0.1', port: 0 }, 128);
  const state = { room: Number.POSITIVE_INFINITY, taken: [] as string[] };
  const acceptor = new Acceptor(relay, bound, {
    admit() {
      state.room -= 1;
      return state.room >= 0;
    },
    noConnection() {
      state.room += 1;
    },
    connection(accepted, address) {
      state.taken.push(address);
      close(accepted);
    },
  });
  return {
    state,
    acceptor,
    arrive: () => new Peer(t, connect({ address: '127.0.0.1', port: bound.port })),
  };
}

test('a listener without room leaves clients in the backlog, and takes them when there is some', (t) => {
  const parts = relayParts();
  const { acceptor, state, arrive } = listening(t, parts);
  state.room = 0;
  acceptor.start();
  for (let n = 0; n < 3; n += 1) arrive();
  run(parts.relay.loop, function* () {
    yield;
    yield;
    assert.deepEqual(state.taken, []);
    state.room = 2;
    assert.ok(acceptor.tick(parts.relay.loop.now) > parts.relay.loop.now, 'it rests');
    acceptor.tick(parts.relay.loop.now + RETRY);
    assert.deepEqual(state.taken, ['127.0.0.1', '127.0.0.1']);
    acceptor.close();
  });
});

test('a listener that was closed while it rested is left alone', (t) => {
  for (const watched of [true, false]) {
    const parts = relayParts();
    const { acceptor, state, arrive } = listening(t, parts);
    const { loop } = parts.relay;
    const watch = loop.watch.bind(loop);
    if (!watched) loop.watch = () => false;
    state.room = 0;
    acceptor.start();
    loop.watch = watch;
    if (watched) {
      arrive();
      run(loop, function* () {
        yield;
      });
    }
    acceptor.close();
    assert.equal(acceptor.tick(loop.now + RETRY), Number.POSITIVE_INFINITY);
    assert.deepEqual(state.taken, []);
  }
});

test('a listener that the kernel had no memory to watch is watched later', (t) => {
  const parts = relayParts();
  const { acceptor, state, arrive } = listening(t, parts);
  const { loop } = parts.relay;
  const watch = loop.watch.bind(loop);
  loop.watch = () => false;
  acceptor.start();
  loop.watch = watch;
  arrive();
  run(loop, function* () {
    yield;
    assert.deepEqual(state.taken, []);
    acceptor.tick(loop.now + RETRY);
    yield* until(() => state.taken.length === 1);
    acceptor.close();
  });
});

test('many clients at once are taken in turns, and all of them', (t) => {
  const parts = relayParts();
  const { acceptor, state, arrive } = listening(t, parts);
  acceptor.start();
  for (let n = 0; n < 100; n += 1) arrive();
  run(parts.relay.loop, function* () {
    assert.ok(state.taken.length > 0 && state.taken.length < 100, 'others get their turn');
    yield* until(() => state.taken.length === 100);
    acceptor.close();
  });
});
