import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import { type TestContext, test } from 'node:test';
import { DeadlineQueue } from '#src/data-plane/deadline-queue.ts';
import { Pair } from '#src/data-plane/linux/loop/pair.ts';
import {
  closePipe,
  openPipe,
  type Pipe,
  shutdownWrite,
} from '#src/data-plane/linux/system-calls.ts';
import { connection, type RelayParts, relayParts, run, until } from '../../support/relay-parts.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What one flow may move in a turn, and what it may go over that by. */
const TURN = MIB;
const LARGEST_PIPE = 256 * KIB;

/** A pair with both of its peers, and what its owner heard. */
function joined(t: TestContext, { relay }: RelayParts) {
  const [client, server] = [connection(t), connection(t)];
  const heard = { toServer: 0, toClient: 0, endings: [] as string[], record: [0, 0] };
  const halfClosed = new DeadlineQueue<Pair>(30_000);
  const pair = new Pair(relay, client.own, server.own, {
    halfClosed,
    moved: (_, toServer, count) => {
      heard[toServer ? 'toServer' : 'toClient'] += count;
    },
    pairEnded: ({ traffic }, ending) => {
      heard.endings.push(ending);
      heard.record = traffic;
    },
  });
  t.after(() => pair.cut('cut'));
  pair.watch();
  return { pair, client: client.peer, server: server.peer, heard, halfClosed };
}

test('a few bytes cost no pipe', (t) => {
  const parts = relayParts({ descriptors: 0 });
  const { client, server } = joined(t, parts);
  run(parts.relay.loop, function* () {
    client.send(Buffer.from('hello'));
    let received = '';
    yield* until(() => {
      received += server.receive();
      return received === 'hello';
    });
    assert.deepEqual(parts.warnings, []);
  });
});

test('a stream takes a pipe, and its end leaves no pipe in use', (t) => {
  const parts = relayParts({ descriptors: 100 });
  const { pair, client, server, heard } = joined(t, parts);
  run(parts.relay.loop, function* () {
    const sent = server.fill();
    server.close();
    client.close();
    yield* until(() => heard.endings.length > 0);
    assert.ok(sent > LARGEST_PIPE);
    assert.deepEqual(pair.traffic[0], 0);
    parts.relay.pipes.close();
    assert.equal(parts.relay.budget.free, 100);
  });
});

test('a pair that ends with bytes in its pipe gives the pipe back', (t) => {
  const parts = relayParts({ descriptors: 100 });
  const { client, server, heard } = joined(t, parts);
  run(parts.relay.loop, function* () {
    // Until the client's side takes no more either, so that the rest is in the pipe.
    yield* until(() => server.fill() === 0 && parts.relay.budget.free === 98);
    client.reset();
    yield* until(() => heard.endings.length > 0);
    assert.deepEqual(heard.endings, ['client-reset']);
    assert.equal(parts.relay.budget.free, 100, 'closed, since it is not empty');
  });
});

test('without any descriptor for pipes every byte arrives all the same', (t) => {
  const parts = relayParts({ descriptors: 1 });
  const { client, server, heard } = joined(t, parts);
  const sent = randomBytes(8 * MIB);
  run(parts.relay.loop, function* () {
    const received: Buffer[] = [];
    let [offset, count] = [0, 0];
    yield* until(() => {
      offset += Math.max(0, server.send(sent.subarray(offset)));
      const chunk = client.receive() ?? Buffer.alloc(0);
      received.push(chunk);
      count += chunk.length;
      return count === sent.length;
    });
    assert.ok(Buffer.concat(received).equals(sent));
    assert.equal(heard.toClient, sent.length);
    assert.ok(parts.warnings.includes('pipes'));
    assert.equal(parts.relay.budget.free, 1);
  });
});

/** A pipe that is full after a page, as one is whose slots hold small segments each. */
function fullSooner(t: TestContext): Pipe {
  const pipe = openPipe(4 * KIB);
  assert.equal(pipe?.size, 4 * KIB);
  t.after(() => pipe && closePipe(pipe));
  return { ...pipe, size: LARGEST_PIPE };
}

test('a pipe that is full sooner than its size says is not taken for a drained socket', (t) => {
  const parts = relayParts();
  const [pipe, other] = [fullSooner(t), fullSooner(t)];
  const idle = [pipe, other];
  parts.relay.pipes.take = () => idle.pop();
  parts.relay.pipes.give = (pipe) => idle.push(pipe);
  const { client, server } = joined(t, parts);
  run(parts.relay.loop, function* () {
    // All of it and its end is there before the first byte is read, so that no later event helps.
    const sent = server.fill();
    shutdownWrite(server.descriptor);
    let received = 0;
    yield* until(() => {
      const chunk = client.receive();
      received += chunk?.length ?? 0;
      return chunk === undefined;
    });
    assert.equal(received, sent);
    assert.equal(idle.length, 2, 'both pipes are back');
  });
});

test('one stream leaves the others their turn', (t) => {
  const parts = relayParts();
  const { server, heard } = joined(t, parts);
  run(parts.relay.loop, function* () {
    const sent = server.fill();
    assert.ok(sent > TURN + LARGEST_PIPE, `only ${sent} bytes to move`);
    yield;
    assert.ok(heard.toClient > 0);
    assert.ok(heard.toClient <= TURN + LARGEST_PIPE, `${heard.toClient} in one turn`);
    yield;
    assert.ok(heard.toClient > TURN + LARGEST_PIPE, 'and goes on in the next');
  });
});

test('bytes that were there before the pair go out first, and count only where they are traffic', (t) => {
  const parts = relayParts();
  const [client, server] = [connection(t), connection(t)];
  let moved = 0;
  const pair = new Pair(parts.relay, client.own, server.own, {
    halfClosed: new DeadlineQueue<Pair>(30_000),
    moved: (_, __, count) => {
      moved += count;
    },
    pairEnded: () => {},
  });
  t.after(() => pair.cut('cut'));
  const [toServer] = pair.flows;
  toServer.prefill(Buffer.from('greeting '), false);
  toServer.prefill(Buffer.from('early '), true);
  pair.watch();
  run(parts.relay.loop, function* () {
    client.peer.send(Buffer.from('late'));
    let received = '';
    yield* until(() => {
      received += server.peer.receive();
      return received === 'greeting early late';
    });
    assert.deepEqual(pair.traffic, [10, 0]);
    assert.equal(moved, 10);
  });
});

test('bytes that were there before the pair go out without an event', (t) => {
  const parts = relayParts();
  const [client, server] = [connection(t), connection(t)];
  const pair = new Pair(parts.relay, client.own, server.own, {
    halfClosed: new DeadlineQueue<Pair>(30_000),
    moved: () => {},
    pairEnded: () => {},
  });
  t.after(() => pair.cut('cut'));
  const bytes = randomBytes(8 * MIB);
  pair.flows[1].prefill(bytes, true);
  pair.watch();
  run(parts.relay.loop, function* () {
    const received: Buffer[] = [];
    yield* until(() => {
      received.push(client.peer.receive() ?? Buffer.alloc(0));
      return received.reduce((sum, { length }) => sum + length, 0) === bytes.length;
    });
    assert.ok(Buffer.concat(received).equals(bytes));
  });
});

test('what was read from a client counts, also when its server turns out to be gone', (t) => {
  const parts = relayParts();
  const { client, server, heard, halfClosed } = joined(t, parts);
  run(parts.relay.loop, function* () {
    yield;
    // Both in one turn, and the client's event first.
    client.send(Buffer.from('for nobody'));
    server.reset();
    yield* until(() => heard.endings.length > 0);
    assert.deepEqual(heard.endings, ['server-reset']);
    assert.equal(heard.toServer, 10);
    assert.deepEqual(heard.record, [10, 0], 'the record says what the counters say');
    assert.equal(halfClosed.size, 0);
  });
});

test('a half-closed pair that fails while it writes is no longer among the half-closed', (t) => {
  for (const half of ['client', 'server'] as const) {
    const parts = relayParts();
    const { halfClosed, heard, ...sides } = joined(t, parts);
    run(parts.relay.loop, function* () {
      shutdownWrite(sides[half].descriptor);
      yield* until(() => halfClosed.size === 1);
      sides[half === 'client' ? 'server' : 'client'].send(Buffer.from('for nobody'));
      sides[half].reset();
      yield* until(() => heard.endings.length > 0);
      assert.deepEqual(heard.endings, [`${half}-reset`]);
      assert.equal(halfClosed.size, 0);
    });
  }
});

test('what the kernel has no memory to watch is reset, not left alone', (t) => {
  for (const failing of [1, 2]) {
    const parts = relayParts();
    let watches = 0;
    const watch = parts.relay.loop.watch.bind(parts.relay.loop);
    parts.relay.loop.watch = (descriptor, source) => {
      watches += 1;
      return watches === failing ? false : watch(descriptor, source);
    };
    const { heard, client, server } = joined(t, parts);
    assert.deepEqual(heard.endings, ['relay-error']);
    for (const peer of [client, server]) {
      assert.throws(
        () => peer.receive(),
        (error) => error === -constants.errno.ECONNRESET,
      );
    }
  }
});
