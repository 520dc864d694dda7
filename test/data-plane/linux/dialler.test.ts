import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { Dialler } from '#src/data-plane/linux/loop/dialler.ts';
import { accept, close, listen, shutdownWrite } from '#src/data-plane/linux/system-calls.ts';
import { Peer, relayParts, run, until } from '../../support/relay-parts.ts';
import { tcpOption } from '../../support/socket-options.ts';

const halfCloseTimeout = 30_000;

/** More than is read at once, and no more than the kernel takes at once. */
const ONE_SEND = 20 * 1024;

/** A dialler with so many descriptors, and a relay for it, which lets in one after the other. */
function dialling(t: TestContext, descriptors: number) {
  const { relay, told } = relayParts({ descriptors });
  const listener = listen({ address: '127.0.0.1', port: 0 }, 8);
  t.after(() => close(listener.descriptor));
  const at = [{ address: '127.0.0.1', port: listener.port }];
  const letIn = () => new Peer(t, accept(listener.descriptor));
  return { dialler: new Dialler(relay), loop: relay.loop, budget: relay.budget, told, at, letIn };
}

test('a spare takes one descriptor, and one more when it is served', (t) => {
  const { dialler, loop, budget, told, at, letIn } = dialling(t, 10);
  run(loop, function* () {
    dialler.park(1, { relay: at, hello: 'hello\n' });
    const relay = letIn();
    yield* until(() => relay.receive()?.toString() === 'hello\n');
    assert.equal(budget.free, 9);
    relay.send(Buffer.from('taken\nx'));
    yield* until(() => told.length > 0);
    assert.deepEqual(told.splice(0), [['taken', 1, 'taken']]);
    dialler.serve(1, { target: at, halfCloseTimeout, place: 0 });
    assert.equal(budget.free, 8);
    const target = letIn();
    yield* until(() => target.receive()?.toString() === 'x');
    dialler.cut(1);
    yield* until(() => told.length === 2);
    assert.deepEqual(told, [
      ['dialled', 1],
      ['dial-ended', 1, 1, 0, 'cut', undefined],
    ]);
    assert.equal(budget.free, 10);
  });
});

test('a spare for whose target no descriptor is left is reset', (t) => {
  const { dialler, loop, budget, told, at, letIn } = dialling(t, 1);
  run(loop, function* () {
    dialler.park(1, { relay: at, hello: 'hello\n' });
    const relay = letIn();
    relay.send(Buffer.from('taken\n'));
    yield* until(() => told.length > 0);
    dialler.serve(1, { target: at, halfCloseTimeout, place: 0 });
    yield* until(() => told.length > 1);
    assert.deepEqual(told.map(codeOf), ['taken', 'EMFILE']);
    assert.equal(budget.free, 1);
    relay.receive();
    assert.throws(() => relay.receive());
  });
});

test('without descriptors nothing is dialled', (t) => {
  const { dialler, loop, told, at } = dialling(t, 0);
  run(loop, function* () {
    dialler.park(1, { relay: at, hello: 'hello\n' });
    dialler.dial(2, { relay: at, target: at, halfCloseTimeout, place: 0 });
    yield* until(() => told.length === 2);
    assert.deepEqual(told.map(codeOf), ['EMFILE', 'EMFILE']);
  });
});

test('a spare that is gone cannot be served', (t) => {
  const { dialler, loop, budget, told, at, letIn } = dialling(t, 10);
  run(loop, function* () {
    dialler.park(1, { relay: at, hello: 'hello\n' });
    letIn().send(Buffer.from('taken\n'));
    yield* until(() => told.length > 0);
    dialler.cut(1);
    dialler.serve(1, { target: at, halfCloseTimeout, place: 0 });
    yield* until(() => told.length === 3);
    assert.deepEqual(told.map(codeOf), ['taken', 'ABORT_ERR', 'ABORT_ERR']);
    assert.equal(budget.free, 10);
  });
});

test('what no further event will tell of reaches the target of a spare', (t) => {
  const { dialler, loop, told, at, letIn } = dialling(t, 10);
  run(loop, function* () {
    dialler.park(1, { relay: at, hello: 'hello\n' });
    const relay = letIn();
    yield* until(() => relay.receive()?.toString() === 'hello\n');
    // Its line, more than is read with that, and its end, of which one event tells.
    relay.send(Buffer.concat([Buffer.from('taken\n'), Buffer.alloc(ONE_SEND)]));
    shutdownWrite(relay.descriptor);
    yield* until(() => told.length > 0);
    dialler.serve(1, { target: at, halfCloseTimeout, place: 0 });
    const target = letIn();
    let received = 0;
    yield* until(() => {
      const bytes = target.receive();
      received += bytes?.length ?? 0;
      return bytes === undefined;
    });
    assert.equal(received, ONE_SEND);
    target.close();
    yield* until(() => told.length === 3);
    assert.deepEqual(told.at(2), ['dial-ended', 1, ONE_SEND, 0, 'eof', 'client']);
  });
});

test('of a spare that waits it is asked after ten seconds whether the relay is there', (t) => {
  const { dialler, loop, at, letIn } = dialling(t, 10);
  run(loop, function* () {
    dialler.park(1, { relay: at, hello: 'hello\n' });
    const relay = letIn();
    yield* until(() => relay.receive()?.toString() === 'hello\n');
    assert.equal(keepAliveTimes().filter((seconds) => seconds === 10).length, 1);
    dialler.cut(1);
  });
});

/** Of all connections of this process. */
function keepAliveTimes(): number[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [tcpOption(Number(descriptor), 'TCP_KEEPIDLE')];
    } catch {
      // It is something else.
      return [];
    }
  });
}

/** What was told, or why something failed. */
function codeOf(event: readonly unknown[]): unknown {
  const [is, , , failure] = event;
  return is === 'dial-failed' ? (failure as { code: string }).code : is;
}
