import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Loop } from '#src/data-plane/linux/loop/loop.ts';
import { close, isReadable, type Readiness } from '#src/data-plane/linux/system-calls.ts';
import { connection, Peer, run, until } from '../../support/relay-parts.ts';

test('an event of a turn does not reach who got the descriptor number in that turn', (t) => {
  const loop = new Loop();
  const both = [connection(t), connection(t)] as const;
  const heard: string[] = [];
  const open: number[] = both.map(({ own }) => own);
  t.after(() => {
    for (const descriptor of open) close(descriptor);
  });
  let reused: ReturnType<typeof connection> | undefined;

  /** Whoever hears first closes the other, whose event is in the same turn, and takes its number. */
  const replace = (mine: number, other: number) => {
    heard.push('first');
    if (reused !== undefined) return;
    loop.forget(other);
    close(other);
    open.splice(0, 2, mine);
    // Of a new connection one end gets the lowest number that is free.
    const next = connection(t);
    reused = next.own === other ? next : { own: next.peer.descriptor, peer: new Peer(t, next.own) };
    assert.equal(reused.own, other, 'the kernel gives out the lowest number');
    loop.watch(reused.own, { ready: () => heard.push('new owner') });
  };
  const [a, b] = both;
  loop.watch(a.own, { ready: () => replace(a.own, b.own) });
  loop.watch(b.own, { ready: () => replace(b.own, a.own) });
  a.peer.send(Buffer.from('x'));
  b.peer.send(Buffer.from('x'));

  run(loop, function* () {
    assert.deepEqual(heard, ['first'], 'both events came in one turn, and one of them is stale');
    reused?.peer.send(Buffer.from('x'));
    yield* until(() => heard.length > 1);
    assert.equal(heard[1], 'new owner', 'its own events do reach it');
  });
});

test('nobody hears of a descriptor that was forgotten in the same turn', (t) => {
  const loop = new Loop();
  const [a, b] = [connection(t), connection(t)];
  t.after(() => {
    for (const { own } of [a, b]) close(own);
  });
  let heard = 0;
  const forgetBoth = () => {
    heard += 1;
    for (const { own } of [a, b]) loop.forget(own);
  };
  for (const { own, peer } of [a, b]) {
    loop.watch(own, { ready: forgetBoth });
    peer.send(Buffer.from('x'));
  }
  run(loop, function* () {
    for (let turn = 0; turn < 3; turn += 1) yield;
    assert.equal(heard, 1);
  });
});

test('a descriptor that is handed over is heard of by its new owner alone', (t) => {
  const loop = new Loop();
  const { own, peer } = connection(t);
  t.after(() => close(own));
  const heard: string[] = [];
  const listener = (name: string) => ({
    ready: (events: Readiness) => isReadable(events) && heard.push(name),
  });
  loop.watch(own, listener('first'));
  peer.send(Buffer.from('x'));
  run(loop, function* () {
    yield* until(() => heard.length === 1);
    loop.handOver(own, listener('second'));
    peer.send(Buffer.from('x'));
    yield* until(() => heard.length === 2);
    assert.deepEqual(heard, ['first', 'second']);
  });
});

test('work that is left over proceeds once, in the next turn and not in this one', () => {
  const loop = new Loop();
  const order: string[] = [];
  const again = { proceed: () => order.push('again') };
  const task = {
    proceed: () => {
      order.push('task');
      loop.later(again);
    },
  };
  loop.later(task);
  run(loop, function* () {
    assert.deepEqual(order, ['task']);
    yield;
    assert.deepEqual(order, ['task', 'again']);
    yield;
    assert.deepEqual(order, ['task', 'again']);
  });
});

test('what is left for the end of a turn comes behind its events, work and ticks', () => {
  const loop = new Loop();
  const order: string[] = [];
  loop.addTimed({
    tick: () => {
      order.push('tick');
      return Number.POSITIVE_INFINITY;
    },
  });
  const added = { proceed: () => order.push('added at the end') };
  const last = {
    proceed: () => {
      order.push('end');
      loop.atEndOfTurn(added);
    },
  };
  loop.atEndOfTurn(last);
  loop.later({ proceed: () => order.push('work') });
  loop.tickAt(0);
  run(loop, function* () {
    yield;
    yield;
    assert.deepEqual(order, ['work', 'tick', 'end', 'added at the end']);
  });
});

test('what is timed ticks when it asked to, not before, and not once it is removed', () => {
  const loop = new Loop();
  const ticks: number[] = [];
  const turns: number[] = [];
  const due = loop.now + 30;
  const timed = {
    tick(now: number) {
      if (now >= due) ticks.push(now);
      return now < due ? due : Number.POSITIVE_INFINITY;
    },
  };
  loop.addTimed(timed);
  loop.tickAt(due);
  run(loop, function* () {
    yield* until(() => {
      turns.push(loop.now);
      return ticks.length > 0;
    });
    assert.deepEqual(ticks, [turns.find((now) => now >= due)], 'in the first turn that can be');
    loop.removeTimed(timed);
    loop.tickAt(0);
    yield;
    assert.equal(ticks.length, 1);
  });
});
