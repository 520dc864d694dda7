import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { BrokerEvents } from '#src/broker/events.ts';
import { FleetCounts } from '#src/broker/fleet/counts.ts';
import { Inheritance } from '#src/broker/inheritance.ts';
import { Names } from '#src/broker/names/names.ts';
import { Seat } from '#src/broker/names/seat.ts';
import { type SharedPort, SharedPorts } from '#src/broker/names/shared-ports.ts';
import { ExtendedRegistration } from '#src/broker/registration/extended-registration.ts';
import type { DataPlane, Exchange } from '#src/data-plane/data-plane.ts';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import { LoneDirectory } from '#src/directory/lone-directory.ts';
import { LineBuffer } from '#src/protocol/line-buffer.ts';
import { SETTINGS } from '../../support/exchange.ts';
import { connectTo, outcome } from '../../support/tcp.ts';
import { openControl, type TestControl } from '../control-harness.ts';

const LEASE = 60;
const HEARTBEAT = 5;
const KEY = 'k'.repeat(43);

/** A registration on an exchange that only writes down what it is told, and whose time is the test's. */
async function open(t: TestContext, share?: SharedPort, seat?: Seat) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const told: string[] = [];
  const note =
    (what: string) =>
    (...details: unknown[]) =>
      void told.push([what, ...details].map(String).join(' ').trim());
  const exchange: Exchange = {
    clientPort: 4000,
    backConnectPort: 5000,
    spares: 0,
    hasByteRates: true,
    announce: () => note('announce')(),
    say: (line) => note('say')(line.trim()),
    hold: note('hold'),
    park: note('park'),
    limit: () => note('limit')(),
    fail: note('fail'),
    adopt: () => note('adopt')(),
    adoptClient: (client) => {
      note('adoptClient')();
      client.destroy();
    },
    counters: () => assert.fail('not asked for'),
    connections: async () => [],
    listeners: {},
    shut: async () => note('shut')(),
    acceptFrom: async () => note('acceptFrom')(),
    stop: async () => note('stop')(),
    cut: note('cut'),
    finished: Promise.resolve(),
  };
  const plane: DataPlane = {
    name: 'portable',
    threads: 0,
    openExchange: async () => exchange,
    dialPair: () => assert.fail('not asked for'),
    dialSpare: () => assert.fail('not asked for'),
    answers: async () => {},
    close: async () => {},
  };
  exchange.counters = () => ({}) as ReturnType<Exchange['counters']>;
  const events: string[] = [];
  const registration = await ExtendedRegistration.open(
    {
      id: 7,
      lease: { keyHash: 'h'.repeat(43), secured: false, limits: {} },
      settings: SETTINGS,
      share,
      inherits: undefined,
      seat,
      isKnown: false,
      node: undefined,
      address: '',
    },
    plane,
    { host: undefined, domain: undefined, lease: LEASE, heartbeat: HEARTBEAT },
    <E extends keyof BrokerEvents>(event: E, ...[, detail]: BrokerEvents[E]) => {
      events.push([event, ...(typeof detail === 'string' ? [detail] : [])].join(' '));
    },
  );
  t.after(() => registration.end('shutdown'));
  const goLive = ({ control }: Pick<TestControl, 'control'>, resumed = false) =>
    registration.goLive(control, new LineBuffer(), { key: KEY, resumed, proof: undefined });
  /** What is due by then has been done when it has passed. */
  const pass = (s: number) => {
    t.mock.timers.tick(s * 1000);
    return turn();
  };
  return { registration, told, events, goLive, pass };
}

test('a new one waits for its agent without a limit of time', async (t) => {
  const { events, pass } = await open(t);
  await pass(LEASE * 10);
  assert.deepEqual(events, []);
});

/** The name of a registration whose heir is nobody but who has its key. */
async function named() {
  const directory = new LoneDirectory('here');
  const names = new Names(directory, new FleetCounts());
  const terms = { heir: 'h', whereabouts: 'here', lost: () => {} } as const;
  const seat = await names.claim('blog', terms);
  assert.ok(seat instanceof Seat);
  return { seat, offer: () => directory.find('name', 'blog')?.record.offer };
}

test('one that ends before its agent has the key gives its name back: nobody could take it', async (t) => {
  const { seat, offer } = await named();
  const { registration } = await open(t, undefined, seat);
  assert.equal(offer(), 'open');
  await registration.end('shutdown');
  assert.equal(offer(), undefined);
});

test('one whose agent has the key leaves its name to that', async (t) => {
  const { seat, offer } = await named();
  const { registration, goLive } = await open(t, undefined, seat);
  goLive(await openControl(t));
  await registration.end('shutdown');
  assert.equal(offer(), 'moving');
});

test('one that has ended when its name is had leaves that, too', async (t) => {
  const { seat, offer } = await named();
  const { registration, goLive } = await open(t);
  goLive(await openControl(t));
  await registration.end('moved');
  registration.take(seat);
  assert.equal(offer(), 'moving');
});

test('a restored one waits for the time of its lease, to the millisecond', async (t) => {
  const { registration, told, events, pass } = await open(t);
  registration.expire();
  await pass(LEASE - 0.001);
  assert.equal(registration.ending, undefined);
  await pass(0.001);
  assert.equal(registration.ending, 'lease-over');
  await registration.ended;
  assert.ok(told.includes('stop'));
  assert.deepEqual(events, ['ended lease-over']);
});

test('silence for three heartbeats holds it, and each line begins them anew', async (t) => {
  const { goLive, events, pass } = await open(t);
  const control = await openControl(t);
  goLive(control);
  await pass(3 * HEARTBEAT - 0.001);
  await control.send('[PING] {}\n');
  await pass(3 * HEARTBEAT - 0.001);
  assert.deepEqual(events, []);
  await pass(0.001);
  assert.deepEqual(events, ['held silent']);
});

test('what has come in time is heard, however busy this process was meanwhile', async (t) => {
  const { goLive, events, pass } = await open(t);
  const { control, peer } = await openControl(t);
  goLive({ control });
  // Where a timer goes off, all that is here is read before what is next.
  await turn();
  peer.write('[PING] {}\n');
  await pass(3 * HEARTBEAT);
  assert.deepEqual(events, []);
  await pass(3 * HEARTBEAT);
  assert.deepEqual(events, ['held silent']);
});

test('half a line is no sign of life', async (t) => {
  const { goLive, events, pass } = await open(t);
  const control = await openControl(t);
  goLive(control);
  await pass(HEARTBEAT);
  await control.send('[PING] ');
  await pass(2 * HEARTBEAT);
  assert.deepEqual(events, ['held silent']);
});

test('the agent hears a heartbeat for as long as it is here, and none later', async (t) => {
  const { goLive, told, pass } = await open(t);
  const control = await openControl(t);
  goLive(control);
  await pass(HEARTBEAT);
  await pass(HEARTBEAT);
  assert.equal(told.filter((what) => what === 'say [PING] {}').length, 2);
  await pass(HEARTBEAT);
  const before = told.length;
  await pass(LEASE - HEARTBEAT);
  assert.deepEqual(told.slice(before), []);
});

test('an agent that comes back in time stops the lease from running out', async (t) => {
  const { registration, goLive, events, pass } = await open(t);
  goLive(await openControl(t));
  await pass(3 * HEARTBEAT);
  await pass(LEASE - 1);
  const control = await openControl(t);
  goLive(control, true);
  await pass(1);
  assert.equal(registration.ending, undefined);
  assert.deepEqual(events, ['held silent', 'resumed']);
});

test('a replaced agent can neither end nor hold what is another one’s now', async (t) => {
  const { registration, goLive, events } = await open(t);
  const first = await openControl(t);
  goLive(first);
  goLive(await openControl(t), true);
  await first.send('[BYE] {}\n');
  first.peer.end();
  await first.closed();
  assert.equal(registration.ending, undefined);
  assert.deepEqual(events, ['resumed']);
});

test('all lines that came at once are heard, up to the one that ends it', async (t) => {
  const { registration, goLive, told, events } = await open(t);
  const control = await openControl(t);
  goLive(control);
  await control.send('[PARK] {"reason":"x"}\n[UNPARK] {}\n[BYE] {}\n[PARK] {"reason":"y"}\n');
  assert.equal(registration.ending, 'bye');
  await registration.ended;
  assert.deepEqual(
    told.filter((what) => what.startsWith('park')),
    ['park true', 'park false'],
  );
  assert.deepEqual(events, ['parked x', 'unparked', 'ended bye']);
});

test('what ends it first is what it ended by', async (t) => {
  const { registration, events } = await open(t);
  await Promise.all([registration.end('revoked'), registration.end('shutdown')]);
  assert.deepEqual(events, ['ended revoked']);
});

test('clients that ask for it by name are to come while its agent is here and its service up', async (t) => {
  const { registration, goLive, pass } = await open(t);
  const steps = [registration.isAvailable];
  const control = await openControl(t);
  goLive(control);
  steps.push(registration.isAvailable);
  for (const line of ['[PARK] {"reason":"x"}', '[UNPARK] {}']) {
    await control.send(`${line}\n`);
    steps.push(registration.isAvailable);
  }
  await pass(3 * HEARTBEAT);
  steps.push(registration.isAvailable);
  goLive(await openControl(t), true);
  steps.push(registration.isAvailable);
  void registration.end('bye');
  steps.push(registration.isAvailable);
  assert.deepEqual(steps, [false, true, false, true, false, true, false]);
});

test('nobody comes from the port that it shares once it ends, though its exchange is not shut yet', async (t) => {
  const ports = new SharedPorts('127.0.0.1', new DescriptorBudget(100), new Inheritance());
  const other = ports.share(0, 'group');
  const port = await other.open();
  const { registration, told } = await open(t, ports.share(port, 'group'));
  assert.equal(registration.info.clientPort, port);
  const come = async () => {
    const before = told.length;
    await outcome(await connectTo(t, port));
    return told.slice(before).includes('adoptClient');
  };
  assert.equal(await come(), true);
  void registration.end('bye');
  assert.equal(await come(), false);
  other.leave();
});
