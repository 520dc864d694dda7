import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import test, { type TestContext } from 'node:test';
import { type Broker, createBroker } from '#src/broker/broker.ts';
import type { RegistrationInfo } from '#src/broker/events.ts';
import type { ConnectionRecord, ExchangeCounters } from '#src/data-plane/data-plane.ts';
import { logBroker, logConnections } from '#src/log/broker-log.ts';
import type { Level } from '#src/log/log.ts';

const registration: RegistrationInfo = {
  id: 7,
  protocol: 'basic',
  address: '192.0.2.1',
  clientPort: 4000,
  backConnectPort: 5000,
  secured: false,
};

const record: ConnectionRecord = {
  id: 1,
  clientAddress: '192.0.2.2',
  sourcePort: 6000,
  bytesToServer: 10,
  bytesToClient: 20,
  ending: 'eof',
  firstEnd: 'client',
  waited: 1,
  lasted: 2,
};

interface Entry {
  level: Level;
  sentence: string;
  fields: Record<string, unknown>;
}

/** A broker that never starts, whose events the test emits, and the entries they caused. */
function logged(t: TestContext, advertise?: string) {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const broker: Broker = createBroker({ port: 0 });
  const entries: Entry[] = [];
  const log = (level: Level, sentence: string, fields = {}) => {
    entries.push({ level, sentence, fields });
  };
  logBroker(broker, log, advertise);
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  return { broker, entries, log, pass };
}

function counters(paired: number): ExchangeCounters {
  return { paired } as ExchangeCounters;
}

test('what a stranger sent cannot forge an entry or steer a terminal', (t) => {
  const { broker, entries } = logged(t);
  broker.emit('refused', '192.0.2.9', 'hello-unknown', 'x\n[info] all is well\u001b[2J\u009b1m');
  const [entry] = entries;
  assert.ok(entry);
  assert.match(entry.sentence, /192\.0\.2\.9 .*\("x\\n\[info\] all is well/);
  for (const text of [entry.sentence, String(entry.fields.detail)]) {
    assert.doesNotMatch(text, /[\p{Cc}\u2028\u2029]/u);
  }
});

test('a flood of refusals gives one entry, and the next one tells of the rest', (t) => {
  const { broker, entries, pass } = logged(t);
  for (let n = 0; n < 1000; n += 1) broker.emit('refused', '192.0.2.9', 'full', '');
  assert.equal(entries.length, 1);
  assert.doesNotMatch(entries[0]?.sentence ?? '', /more like this/);
  pass(10_000);
  broker.emit('refused', '192.0.2.9', 'full', '');
  assert.match(entries[1]?.sentence ?? '', /\(999 more like this before\)$/);
});

test('a flood at one registration does not hide what happens at another', (t) => {
  const { broker, entries } = logged(t);
  const other = { ...registration, id: 8 };
  for (const each of [registration, other]) broker.emit('registered', each);
  entries.length = 0;
  for (let n = 0; n < 10; n += 1) {
    broker.emit('clientRefused', registration, 'limit', '192.0.2.9');
    broker.emit('backConnectRefused', registration, 'no-client', '192.0.2.9');
    broker.emit('clientEnded', registration, { ...record, ending: 'unfetched' });
  }
  assert.equal(entries.length, 3);
  broker.emit('clientRefused', other, 'limit', '192.0.2.9');
  broker.emit('clientEnded', other, { ...record, ending: 'unfetched' });
  assert.equal(entries.length, 5);
  assert.ok(entries.every(({ level }) => level === 'warn'));
});

test('connections that end as they should are logged in the background, if that is wanted', (t) => {
  const { broker, entries, log } = logged(t);
  broker.emit('clientEnded', registration, record);
  assert.equal(entries.length, 0);
  logConnections(broker, log);
  for (let n = 0; n < 3; n += 1) broker.emit('clientEnded', registration, record);
  assert.deepEqual(
    entries.map(({ level }) => level),
    ['debug', 'debug', 'debug'],
  );
  assert.match(entries[0]?.sentence ?? '', /client 1 ended, complete: 10 bytes in, 20 bytes out/);
});

test('the line that says where clients connect has the port, and the name only if there is one', (t) => {
  const bare = logged(t);
  bare.broker.emit('registered', registration);
  assert.equal(bare.entries[0]?.sentence, 'Serving relay requests on port 4000');
  assert.ok(!('host' in (bare.entries[0]?.fields ?? {})));

  const named = logged(t, 'relay.example.net');
  named.broker.emit('registered', registration);
  assert.match(named.entries[0]?.sentence ?? '', /on port 4000 \(relay\.example\.net:4000\)$/);
  assert.equal(named.entries[0]?.fields.host, 'relay.example.net');
});

test('a registration with a name, or in a group, is called by these', (t) => {
  const { broker, entries } = logged(t);
  const others = [
    { name: 'blog' },
    { group: true },
    { name: 'blog', group: true },
    { name: 'blog', clientPort: 0 },
  ];
  for (const other of others) {
    broker.emit('registered', { ...registration, ...other });
    broker.emit('parked', { ...registration, ...other }, 'x');
  }
  assert.deepEqual(
    entries
      .filter(({ level }) => level !== 'debug')
      .map(({ sentence }) => sentence.replace(/ parked:.*/, '')),
    [
      'Serving relay requests on port 4000, for the name "blog"',
      'Port 4000 ("blog")',
      'Serving relay requests on port 4000, as one of a group',
      'Port 4000 (one of a group)',
      'Serving relay requests on port 4000, for the name "blog", as one of a group',
      'Port 4000 ("blog", one of a group)',
      'Serving relay requests for the name "blog"',
      'Name "blog"',
    ],
  );
  assert.equal(entries[0]?.fields.name, 'blog');
});

test('a registration that failed is a warning, one that left or was shut down is not', (t) => {
  const { broker, entries } = logged(t);
  for (const ending of ['closed', 'shutdown', 'lost', 'silent', 'not-reading', 'junk'] as const) {
    broker.emit('ended', registration, ending, counters(0));
  }
  assert.deepEqual(
    entries.map(({ level }) => level),
    ['info', 'info', 'warn', 'warn', 'warn', 'warn'],
  );
});

test('connections that outlive their registration are told of', (t) => {
  const { broker, entries } = logged(t);
  broker.emit('ended', registration, 'closed', counters(3));
  broker.emit('ended', registration, 'closed', counters(0));
  assert.match(entries[0]?.sentence ?? '', /; 3 connections run on$/);
  assert.doesNotMatch(entries[1]?.sentence ?? '', /run on/);
});

test('what an agent or a stranger says is escaped wherever it gets into the log', (t) => {
  const { broker, entries } = logged(t);
  const nasty = 'x\n[info] all is well\u001b[2J\u202e';
  broker.emit('authenticationFailed', '192.0.2.9', nasty, 1);
  broker.emit('parked', registration, nasty);
  assert.equal(entries.length, 2);
  for (const { sentence, fields } of entries) {
    for (const text of [sentence, JSON.stringify(fields)]) {
      assert.doesNotMatch(text, /[\p{Cc}\u202e]/u);
    }
  }
});

test('an agent that comes and goes does not fill the log', (t) => {
  const { broker, entries } = logged(t);
  broker.emit('registered', registration);
  entries.length = 0;
  for (let n = 0; n < 1000; n += 1) {
    broker.emit('held', registration, 'closed', 60);
    broker.emit('resumed', registration);
    broker.emit('targetFailed', registration, 'refused', n);
    broker.emit('keyShared', registration, '192.0.2.9');
  }
  assert.equal(entries.length, 4);
});

test('the life of a lease can be read from the log', (t) => {
  const { broker, entries } = logged(t);
  broker.emit('restored', registration);
  broker.emit('resumed', registration);
  broker.emit('held', registration, 'silent', 60);
  broker.emit('ended', registration, 'lease-over', counters(0));
  broker.emit('leaseLost', 4001, 'port-taken');
  assert.deepEqual(
    entries.map(({ sentence }) => sentence),
    [
      'Port 4000 open again for the agent that has its lease',
      'Port 4000 resumed by 192.0.2.1',
      'Port 4000 held for 60 s: the agent was silent for too long',
      'Port 4000 closed: the agent did not come back in time',
      'Port 4001 could not be kept for the agent that has its lease: port-taken',
    ],
  );
});

test('a name that a stranger chose is told as it can be read', (t) => {
  const { broker, entries } = logged(t);
  const name = 'Büro \u202e gnp.exe';
  const named: RegistrationInfo = { ...registration, protocol: 'names', clientPort: 0, name };
  broker.emit('registered', named);
  broker.emit('doorRefused', 'names', '192.0.2.9', 'used', name);
  broker.emit('ended', named, 'released', counters(0));
  assert.deepEqual(
    entries.map(({ sentence }) => sentence).filter((sentence) => !sentence.includes('for 192')),
    [
      'Serving relay requests for the name "Büro \\u202e gnp.exe"',
      'Front door names: 192.0.2.9 refused: somebody else has the name ("Büro \\u202e gnp.exe")',
      'Name "Büro \\u202e gnp.exe" closed: its server has released it',
    ],
  );
  for (const { fields } of entries) assert.doesNotMatch(JSON.stringify(fields), /\u202e/);
});
