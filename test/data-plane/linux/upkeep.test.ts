import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DeadlineQueue } from '#src/data-plane/deadline-queue.ts';
import { Pair } from '#src/data-plane/linux/loop/pair.ts';
import { shutdownWrite } from '#src/data-plane/linux/system-calls.ts';
import { connection, type RelayParts, relayParts, run, until } from '../../support/relay-parts.ts';
import { ignoreEverything, tcpOption } from '../../support/socket-options.ts';

const MIB = 1024 * 1024;

/** From this age on, a connection is looked after. */
const LASTING = 5000;

/** How long bytes may stay unacknowledged here. */
const PATIENCE = 300;

function joined(t: TestContext, { relay }: RelayParts) {
  const [client, server] = [connection(t), connection(t)];
  const endings: string[] = [];
  const pair = new Pair(relay, client.own, server.own, {
    halfClosed: new DeadlineQueue<Pair>(30_000),
    moved: () => {},
    pairEnded: (_, ending) => endings.push(ending),
  });
  t.after(() => pair.cut('cut'));
  pair.watch();
  return { pair, client: client.peer, server: server.peer, own: client.own, endings };
}

/** Lets time pass for what is looked after: as much as does, ahead by what makes a connection one that lasts. */
function* passes(parts: RelayParts, milliseconds: number) {
  const end = performance.now() + milliseconds;
  yield* passesUntil(parts, () => performance.now() >= end);
}

function* passesUntil({ relay }: RelayParts, isOver: () => boolean) {
  do {
    relay.upkeep.tick(performance.now() + LASTING);
    yield;
  } while (!isOver());
}

test('a peer that vanished with bytes under way is given up, and not before its time', (t) => {
  for (const vanishing of ['client', 'server'] as const) {
    const parts = relayParts({ patience: PATIENCE });
    const { endings, ...sides } = joined(t, parts);
    run(parts.relay.loop, function* () {
      yield* passes(parts, 2 * PATIENCE);
      ignoreEverything(sides[vanishing].descriptor);
      const since = performance.now();
      sides[vanishing === 'client' ? 'server' : 'client'].send(Buffer.from('are you there?'));
      yield* passesUntil(parts, () => endings.length > 0);
      assert.deepEqual(endings, [`${vanishing}-reset`]);
      const lasted = performance.now() - since;
      // The kernel counts whole milliseconds.
      assert.ok(lasted >= PATIENCE - 2, `${lasted} ms`);
    });
  }
});

test('a peer that reads nothing, but answers, is not given up', (t) => {
  const parts = relayParts({ patience: PATIENCE });
  const { pair, client, server, own, endings } = joined(t, parts);
  run(parts.relay.loop, function* () {
    let [sent, received] = [0, 0];
    yield* until(() => {
      const before = pair.traffic[1];
      sent += server.fill();
      return pair.traffic[1] === before && before > 0;
    });
    yield* passes(parts, 4 * PATIENCE);
    assert.deepEqual(endings, []);
    assert.equal(tcpOption(own, 'TCP_USER_TIMEOUT'), 0, 'nor by the kernel');
    yield* until(() => {
      received += client.receive()?.length ?? 0;
      return received === sent;
    });
    // Once it reads again.
    yield* passesUntil(parts, () => tcpOption(own, 'TCP_USER_TIMEOUT') === PATIENCE);
  });
});

test('a reader that pauses still gets the rest of a transfer that is over for us', (t) => {
  const parts = relayParts({ patience: PATIENCE });
  const { client, server, endings } = joined(t, parts);
  run(parts.relay.loop, function* () {
    yield* passes(parts, PATIENCE);
    shutdownWrite(client.descriptor);
    // More than it has room for unread, and less than what the kernel keeps for it.
    let [sent, received] = [0, 0];
    while (sent < 2 * MIB) {
      sent += Math.max(0, server.send(Buffer.alloc(64 * 1024)));
      yield;
    }
    server.close();
    yield* until(() => endings.length > 0);
    assert.deepEqual(endings, ['eof']);
    yield* passes(parts, 4 * PATIENCE);
    yield* until(() => {
      const chunk = client.receive();
      received += chunk?.length ?? 0;
      return chunk === undefined;
    });
    assert.equal(received, sent);
  });
});

test('a peer that had nothing to say for longer than that is not given up', (t) => {
  const parts = relayParts({ patience: PATIENCE });
  const { client, server, endings } = joined(t, parts);
  run(parts.relay.loop, function* () {
    for (let round = 0; round < 3; round += 1) {
      yield* passes(parts, 2 * PATIENCE);
      server.send(Buffer.from('x'));
      yield* until(() => client.receive()?.length === 1);
    }
    assert.deepEqual(endings, []);
  });
});

test('keepalive and TCP_USER_TIMEOUT are set on connections that last, and only then', (t) => {
  const parts = relayParts();
  const { pair, server, client, endings } = joined(t, parts);
  run(parts.relay.loop, function* () {
    yield;
    parts.relay.upkeep.tick(parts.relay.loop.now);
    for (const { from } of pair.flows) assert.notEqual(tcpOption(from, 'TCP_KEEPIDLE'), 30);
    parts.relay.upkeep.tick(parts.relay.loop.now + LASTING);
    for (const { from } of pair.flows) {
      assert.equal(tcpOption(from, 'TCP_KEEPIDLE'), 30);
      assert.equal(tcpOption(from, 'TCP_KEEPINTVL'), 5);
      assert.equal(tcpOption(from, 'TCP_KEEPCNT'), 6);
      assert.equal(tcpOption(from, 'TCP_USER_TIMEOUT'), 60_000);
    }
    client.close();
    server.close();
    yield* until(() => endings.length > 0);
    assert.equal(parts.relay.upkeep.tick(Number.MAX_SAFE_INTEGER), Number.POSITIVE_INFINITY);
  });
});

test('what is sent at once is sent at once, on either side', (t) => {
  const parts = relayParts();
  const { pair } = joined(t, parts);
  for (const { from } of pair.flows) assert.equal(tcpOption(from, 'TCP_NODELAY'), 1);
});
