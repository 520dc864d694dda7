import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Broker } from '#src/broker/broker.ts';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import { ask, call, greeted, park, readLine, tell } from '../../support/names-peers.ts';
import { connectTo, outcome, read } from '../../support/tcp.ts';
import { until } from '../../support/until.ts';
import { openNames } from './names-harness.ts';

const PORTS = [
  ['server', 'SERVER', 'UNKNOWN COMMAND\n'],
  ['client', 'CLIENT', 'NOEXIST\n'],
] as const;

/** Callers of one address that may be undecided at one port. */
const MOST_OF_ONE_ADDRESS = 512;

const DESCRIPTORS_OF_A_NAME = 3;

describe('bad input', () => {
  for (const [which, greeting, answer] of PORTS) {
    test(`a line without end is answered at the ${which} port, and not kept`, async (t) => {
      const { [`${which}s` as const]: port } = await openNames(t);
      const socket = await greeted(t, port, greeting);
      const answered = outcome(socket);
      const chunk = Buffer.alloc(64 * 1024, 'x');
      for (let n = 0; n < 16; n += 1) socket.write(chunk);
      socket.end();
      assert.deepEqual(await answered, { data: Buffer.from(answer), ending: 'eof' });
    });

    test(`half a line for ever is ended after 5 s at the ${which} port`, async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const { [`${which}s` as const]: port, broker } = await openNames(t);
      const socket = await greeted(t, port, greeting);
      const answered = outcome(socket);
      socket.write('RESER');
      for (let n = 0; n < 20; n += 1) await turn();
      t.mock.timers.tick(4999);
      for (let n = 0; n < 20; n += 1) await turn();
      assert.equal(socket.readableEnded, false);
      const refused = once(broker, 'doorRefused');
      t.mock.timers.tick(1);
      assert.equal((await refused)[2], 'timeout');
      assert.deepEqual(await answered, { data: Buffer.alloc(0), ending: 'eof' });
      await over(socket, broker);
    });
  }

  test('a name that does not come is waited for no longer than a command', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { servers, broker } = await openNames(t);
    const socket = await greeted(t, servers, 'SERVER');
    const answered = outcome(socket);
    t.mock.timers.tick(4999);
    socket.write('CONNECT\nblo');
    for (let n = 0; n < 50; n += 1) await turn();
    t.mock.timers.tick(4999);
    for (let n = 0; n < 50; n += 1) await turn();
    assert.equal(socket.readableEnded, false);
    t.mock.timers.tick(1);
    assert.equal((await answered).data.length, 0);
    await over(socket, broker);
  });

  test('a name that is too long ends its connection, and is nobody’s', async (t) => {
    const { servers, clients } = await openNames(t);
    const long = 'x'.repeat(100_000);
    assert.equal(await tell(t, servers, `RESERVE\n${long}\n`), 'UNKNOWN COMMAND\n');
    assert.equal(await ask(t, clients, long), 'NOEXIST\n');
  });

  test('10,000 random strings are each answered or ended, and disturb nobody', async (t) => {
    const { servers, clients, broker } = await openNames(t);
    const server = await park(t, servers, 'blog');
    const client = await call(t, clients, 'blog');
    assert.equal(await readLine(server), 'CONNECTED');
    const budget = DescriptorBudget.ofProcess();
    const { free } = budget;
    let taken = 0;
    broker.on('registered', () => {
      taken += DESCRIPTORS_OF_A_NAME;
    });
    for (let round = 0; round < 100; round += 1) {
      const strings = Array.from({ length: 100 }, async (_, n) => {
        const [port, right, answer] = n % 2 === 0 ? toServers : toClients;
        const bytes = string(right);
        const said = await say(port === 'servers' ? servers : clients, bytes);
        assert.match(said, answer, bytes.toString('hex'));
      });
      await Promise.all(strings);
    }
    client.write('x');
    assert.equal((await read(server, 1)).toString(), 'x');
    assert.equal(await ask(t, clients, 'blog'), 'OFFLINE\n');
    await until(() => budget.free === free - taken);
  });
});

const toServers = [
  'servers',
  'CONNECT\nblog\nbanner',
  /^(SERVER\n)?(UNKNOWN COMMAND\n|USED\n)?$/,
] as const;
const toClients = ['clients', 'nobody\nrequest', /^(CLIENT\n)?(NOEXIST\n|OFFLINE\n)?$/] as const;

/** Octets that nobody has thought of, or that are almost right. */
function string(right: string): Buffer {
  const random = randomBytes(randomInt(300));
  if (randomInt(2) === 0) return random;
  const bytes = Buffer.from(right);
  random.copy(bytes, randomInt(bytes.length), 0, randomInt(8));
  return bytes;
}

describe('a flood of those who do not say what they want', () => {
  for (const [which, greeting] of PORTS) {
    test(`pushes out the oldest of its address at the ${which} port, and nobody else`, async (t) => {
      const { [`${which}s` as const]: port, broker } = await openNames(t);
      const other = await greeted(t, port, greeting, { localAddress: '127.0.0.2' });
      const refused = once(broker, 'doorRefused');
      const first = await connectTo(t, port);
      const gone = outcome(first);
      const more = Array.from({ length: MOST_OF_ONE_ADDRESS }, () => connectTo(t, port));
      await Promise.all(more);
      assert.deepEqual(await refused, [
        which === 'server' ? 'names' : 'names-client',
        '127.0.0.1',
        'pushed-out',
        '',
      ]);
      await gone;
      const answered = outcome(other);
      other.write('NOBODY\n');
      assert.match((await answered).data.toString(), /UNKNOWN COMMAND|NOEXIST/);
    });
  }
});

test('those who are undecided when the broker closes are sent away', async (t) => {
  const { servers, clients, broker } = await openNames(t);
  const callers = [
    await greeted(t, servers, 'SERVER'),
    await greeted(t, clients, 'CLIENT'),
    await park(t, servers, 'blog'),
  ];
  callers[0]?.write('CONNECT\nbl');
  await ask(t, clients, 'nobody');
  const over = callers.map((caller) => outcome(caller));
  await broker.close();
  for (const each of await Promise.all(over)) assert.equal(each.data.length, 0);
});

/** The mocked timers of one test are not to be cleared in the next, which would clear one of its own. */
async function over(socket: Socket, broker: Broker): Promise<void> {
  socket.destroy();
  await broker.close();
  // What clears them hears of it a little later.
  for (let n = 0; n < 5; n += 1) await turn();
}

/** All that is said to somebody who says this and ends; a reset ends it, too. */
async function say(port: number, bytes: Buffer): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const answered = outcome(socket);
  socket.end(bytes);
  const { data } = await answered;
  socket.destroy();
  return data.toString();
}
