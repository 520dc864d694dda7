import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import test, { type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { NatsConnection, Status } from '@nats-io/transport-node';
import { NatsStore } from '#src/directory/nats/nats-store.ts';
import { Trouble } from '#src/directory/nats/trouble.ts';
import { StoreAway } from '#src/directory/store.ts';

/** A clock that is moved by hand. */
function clock(t: TestContext) {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  return {
    pass(milliseconds: number) {
      now += milliseconds;
    },
  };
}

test('trouble is told where it goes on, and once a minute', (t) => {
  const { pass } = clock(t);
  const told: string[] = [];
  const trouble = new Trouble(({ message }) => told.push(message));
  trouble.about('timeout');
  pass(4000);
  trouble.about('timeout');
  trouble.over();
  pass(4000);
  trouble.about('timeout');
  assert.deepEqual(told, [], 'it was over in between');
  pass(5000);
  trouble.about('timeout');
  trouble.about('timeout');
  assert.equal(told.length, 1);
  pass(60_000);
  trouble.about('timeout');
  assert.equal(told.length, 2);
});

test('an operator is told what to do about what NATS says', (t) => {
  const { pass } = clock(t);
  const cases: [reason: string, advice: RegExp][] = [
    ['Permissions Violation for Publish to "$KV.relay-eu.name.a"', /operations\.md/],
    ['Authorization Violation', /--cluster-credentials/],
    ['jetstream is not enabled', /Turn JetStream on/],
    ['JetStream not enabled for account', /Turn JetStream on/],
    ["'payload' max_payload size exceeded", /\(max_payload\)/],
    ['insufficient storage resources available', /more room/],
    ['timeout', /whether NATS runs/],
  ];
  for (const [reason, advice] of cases) {
    const told: string[] = [];
    const trouble = new Trouble(({ message }) => told.push(message));
    trouble.about(reason);
    pass(5000);
    trouble.about(reason);
    assert.match(String(told), advice, reason);
    assert.ok(told[0]?.includes(`: ${reason}. `));
  }
});

test('a store that NATS does not write into says why', async (t) => {
  const { pass } = clock(t);
  const told: string[] = [];
  const fault = new Error('insufficient storage resources available');
  const nc = { status: async function* () {} } as unknown as NatsConnection;
  const kv = { put: () => Promise.reject(fault) } as unknown as KV;
  const jsm = {} as JetStreamManager;
  const ensure = () => Promise.reject(fault);
  const report = ({ message }: Error) => void told.push(message);
  const store = new NatsStore(nc, jsm, kv, 'relay-test', ensure, report);
  await assert.rejects(store.write('name.blog', '{}', 1), StoreAway);
  pass(5000);
  await assert.rejects(store.write('name.blog', '{}', 1), StoreAway);
  assert.match(String(told), /^NATS does not do .*: insufficient storage resources available\. /);
});

test('a store that NATS does not let in again says so', async (t) => {
  const { pass } = clock(t);
  t.mock.timers.enable({ apis: ['setInterval'] });
  const told: string[] = [];
  const server = 'nats://127.0.0.1:4222';
  const refusal = Object.assign(new Error('Authorization Violation'), {
    name: 'AuthorizationError',
  });
  // So it is with each try.
  const statuses: Status[] = [
    { type: 'disconnect', server },
    { type: 'error', error: refusal },
    { type: 'disconnect', server },
  ];
  const nc = {
    status: async function* () {
      yield* statuses;
    },
    close: async () => {},
  } as unknown as NatsConnection;
  const never = () => new Promise<never>(() => {});
  const report = ({ message }: Error) => void told.push(message);
  const [kv, jsm] = [{} as KV, {} as JetStreamManager];
  const store = new NatsStore(nc, jsm, kv, 'relay-test', never, report);
  t.after(() => store.close());
  const nothing = () => {};
  store.watch({ begins: nothing, changed: nothing, complete: nothing, away: nothing });
  await setImmediate();
  pass(5000);
  t.mock.timers.tick(250);
  assert.match(String(told), /: Authorization Violation\. .*--cluster-credentials/);
});
