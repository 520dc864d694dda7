import assert from 'node:assert/strict';
import { once } from 'node:events';
import test, { type TestContext } from 'node:test';
import { type Deliver, Hook } from '#src/hooks/hook.ts';
import type { HookEvent, HookEventName } from '#src/hooks/hook-event.ts';
import { until } from '../support/until.ts';

function event(sequence: number, name: HookEventName = 'ready'): HookEvent {
  return { version: 1, sequence, time: '', event: name, registration: {} };
}

/** A hook, and what it complained of. */
function hookTo(deliver: Deliver) {
  const told = { failed: [] as unknown[], dropped: [] as number[], closed: 0 };
  const hook = new Hook(deliver, {
    failed: (_, reason) => told.failed.push((reason as Error).message),
    dropped: ({ sequence }) => told.dropped.push(sequence),
    closed: () => {
      told.closed += 1;
    },
  });
  return { hook, told };
}

/** Takes an event when it is let. */
function gate() {
  const taken: number[] = [];
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const deliver: Deliver = async ({ sequence }) => {
    taken.push(sequence);
    await opened;
  };
  return { taken, open, deliver };
}

/** Never takes one, until it is given up. */
const hanging: Deliver = async (_, signal) => {
  await once(signal, 'abort');
  throw new Error('aborted');
};

test('events go one at a time and in order, whoever reports waits for none, and a failure is one event', async () => {
  const taken: number[] = [];
  let under = 0;
  const { hook, told } = hookTo(async ({ sequence }) => {
    under += 1;
    assert.equal(under, 1);
    await new Promise((resolve) => setImmediate(resolve));
    under -= 1;
    if (sequence === 2) throw new Error('no');
    taken.push(sequence);
  });
  for (const sequence of [1, 2, 3, 4]) hook.tell(event(sequence));
  assert.deepEqual(taken, []);
  await hook.close();
  assert.deepEqual(taken, [1, 3, 4]);
  assert.deepEqual(told, { failed: ['no'], dropped: [], closed: 1 });
  assert.deepEqual(hook.counters, { waiting: 0, delivered: 3, failed: 1, dropped: 0 });
  hook.tell(event(5));
  await hook.close();
  assert.deepEqual(taken, [1, 3, 4, 5]);
});

test('what waits is bounded, and clients leave room for registrations', async () => {
  const { taken, open, deliver } = gate();
  const { hook, told } = hookTo(deliver);
  hook.tell(event(0));
  await until(() => taken.length === 1);
  for (let n = 1; n <= 1000; n += 1) hook.tell(event(n, 'client-connected'));
  assert.deepEqual([told.dropped.length, told.dropped[0]], [232, 769]);
  for (let n = 1001; n <= 1300; n += 1) hook.tell(event(n));
  assert.deepEqual([told.dropped.length, told.dropped.at(-1)], [276, 1300]);
  assert.deepEqual(hook.counters, { waiting: 1024, delivered: 0, failed: 0, dropped: 276 });
  open();
  await hook.close();
  assert.equal(taken.length, 1025);
});

function withoutTime(t: TestContext): (milliseconds: number) => void {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  return (milliseconds) => t.mock.timers.tick(milliseconds);
}

test('one that does not answer costs an event 5 seconds, and the next one is told', async (t) => {
  const pass = withoutTime(t);
  const begun: number[] = [];
  const { hook, told } = hookTo((each, signal) => {
    begun.push(each.sequence);
    return hanging(each, signal);
  });
  hook.tell(event(1));
  hook.tell(event(2));
  await until(() => begun.length === 1);
  pass(4_999);
  assert.deepEqual(told.failed, []);
  pass(1);
  await until(() => begun.length === 2);
  assert.deepEqual(told.failed, ['no answer in time']);
  pass(5_000);
  await until(() => hook.counters.failed === 2);
});

test('at the end, what waits has 5 seconds, and then is given up', async (t) => {
  const pass = withoutTime(t);
  const { hook, told } = hookTo(hanging);
  for (const sequence of [1, 2, 3]) hook.tell(event(sequence));
  await new Promise((resolve) => setImmediate(resolve));
  const closed = hook.close();
  pass(5_000);
  await closed;
  hook.tell(event(4));
  assert.equal(told.failed.length, 1);
  assert.deepEqual(told.dropped, [2, 3, 4]);
});
