import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { connectByName } from 'relay-broker';
import type { Broker } from '#src/broker/broker.ts';
import type { DoorName } from '#src/broker/events.ts';
import type { BrokerOptions } from '#src/options/broker-options.ts';
import { told } from '../../support/broker.ts';
import { startWithDoors } from '../../support/doors.ts';
import { connectAgent, registerAgent } from '../../support/extended-agent.ts';
import { tokenOf, tokensFile } from '../../support/guarded-broker.ts';
import { ask as askAtDoor, tell } from '../../support/names-peers.ts';
import { startNats } from '../../support/nats.ts';
import { needs } from '../../support/needs.ts';
import { runCli } from '../../support/program.ts';
import { runAgent } from '../../support/running-agent.ts';
import { connectTo, freePorts, outcome, serve } from '../../support/tcp.ts';
import { until } from '../../support/until.ts';

/** Members of a fleet of its own, each with a names door. */
async function startFleet(t: TestContext, size: number, options: Partial<BrokerOptions> = {}) {
  const nats = await startNats(t);
  const join = async () => {
    const port = await freePorts(1);
    const started = await startWithDoors(t, {
      ...{ port, cluster: nats.urls, advertise: '127.0.0.1', names: '0:0', heartbeat: 1 },
      ...options,
    });
    const [, via] = started.doors.find(([door]) => door === 'names-client') ?? [];
    return { ...started, name: `127.0.0.1:${port}`, via: `127.0.0.1:${via}` };
  };
  const members = [];
  for (let n = 0; n < size; n += 1) members.push(await join());
  return { nats, members, join };
}

/** What somebody gets who asks for a service: its first words. */
async function ask(name: string, via: string): Promise<string> {
  const socket = await connectByName({ name, via });
  socket.end('question');
  const { data } = await outcome(socket);
  return String(data);
}

/** A service that says who it is, and what it was asked. */
async function answering(t: TestContext, who: string): Promise<number> {
  const { port } = await serve(t, async (socket) => {
    const asked = await outcome(socket);
    socket.end(`${who} was asked: ${asked.data}`);
  });
  return port;
}

describe('a fleet', needs('nats-server'), () => {
  for (const dataPlane of ['portable', 'linux'] as const) {
    test(`serves a name at every member, over the ${dataPlane} data plane`, async (t) => {
      const { members } = await startFleet(t, 2, { dataPlane });
      const [a, b] = members;
      assert.ok(a && b);
      const target = await answering(t, 'blog');
      const { next } = runAgent(t, { to: a.name, target, name: 'blog' });
      const [grant] = await next('ready');
      assert.equal(grant.name, 'blog');
      assert.equal(await ask('blog', a.via), 'blog was asked: question');
      const ended = told(a.broker, 'clientEnded');
      assert.equal(await ask('blog', b.via), 'blog was asked: question');
      const [info, record] = await ended;
      assert.equal(record.clientAddress, '127.0.0.1');
      assert.equal(info.node, a.name);
      assert.equal(typeof info.generation, 'number');
      await assert.rejects(ask('else', b.via), { refusal: 'NOEXIST' });
    });
  }

  test('gives a name once', async (t) => {
    const { members } = await startFleet(t, 2);
    const [a, b] = members;
    assert.ok(a && b);
    const target = await answering(t, 'blog');
    await runAgent(t, { to: a.name, target, name: 'blog' }).next('ready');
    const second = runAgent(t, { to: b.name, target, name: 'blog', maxRetries: 0 });
    await assert.rejects(second.over, { refusal: 'name-taken' });
  });

  test('says at every member that nobody is there to serve a name', async (t) => {
    const { members } = await startFleet(t, 2, { httpNames: 0, domain: 'example.net' });
    const [a, b] = members;
    assert.ok(a && b);
    const portOf = ({ doors }: typeof a, name: DoorName) =>
      doors.find(([door]) => door === name)?.[1] ?? 0;
    assert.equal(await tell(t, portOf(a, 'names'), 'RESERVE\nblog\n'), '');
    await known(b.broker, 'blog');
    const refused: unknown[] = [];
    b.broker.on('doorRefused', (door, _, cause, detail) => refused.push([door, cause, detail]));
    assert.equal(await askAtDoor(t, portOf(b, 'names-client'), 'blog'), 'OFFLINE\n');
    const browser = await connectTo(t, portOf(b, 'http-names'));
    browser.write('GET / HTTP/1.1\r\nHost: blog.example.net\r\n\r\n');
    assert.match(String((await outcome(browser)).data), /^HTTP\/1\.1 502 /);
    assert.deepEqual(refused, [
      ['names-client', 'away', 'blog'],
      ['http-names', 'away', 'blog.example.net'],
    ]);
  });

  test('has an agent move when its broker drains, with its name and its key', async (t) => {
    const { members } = await startFleet(t, 2);
    const [a, b] = members;
    assert.ok(a && b);
    const target = await answering(t, 'blog');
    const { next } = runAgent(t, { to: a.name, target, name: 'blog' });
    await next('ready');
    const socket = await connectByName({ name: 'blog', via: b.via });
    const moved = next('ready');
    const adopted = told(b.broker, 'adopted');
    const closed = a.broker.close({ drain: 60 });
    const [, from] = await adopted;
    assert.equal(from, a.name);
    const [grant] = await moved;
    assert.equal(grant.resumed, true);
    assert.equal(await ask('blog', b.via), 'blog was asked: question');
    socket.end('late question');
    assert.equal(String((await outcome(socket)).data), 'blog was asked: late question');
    await closed;
  });

  test('serves all who ask for names that are on their way, at every member', async (t) => {
    const { members } = await startFleet(t, 3);
    const [a, b, c] = members;
    assert.ok(a && b && c);
    const names = Array.from({ length: 12 }, (_, n) => `blog-${n}`);
    const moved = names.map(async (name) => {
      const { next } = runAgent(t, { to: a.name, target: await answering(t, name), name });
      await next('ready');
      return () => next('ready');
    });
    const [...agents] = await Promise.all(moved);
    for (const { broker } of [b, c]) await Promise.all(names.map((name) => known(broker, name)));
    let isOver = false;
    const clients = [b, c].flatMap(({ via }) =>
      names.map(async (name) => {
        for (let last = false; !last; ) {
          last = isOver;
          assert.equal(await ask(name, via), `${name} was asked: question`);
        }
      }),
    );
    const all = Promise.all(agents.map((next) => next()));
    const closed = a.broker.close({ drain: 60 });
    await Promise.race([all, ...clients]);
    isOver = true;
    await Promise.all(clients);
    await closed;
  });

  test('has clients come by a broker that leaves for as long as they do, and nobody else', async (t) => {
    const { members } = await startFleet(t, 2);
    const [a, b] = members;
    assert.ok(a && b);
    const target = await answering(t, 'blog');
    const { next } = runAgent(t, { to: a.name, target, name: 'blog' });
    await next('ready');
    await known(b.broker, 'blog');
    let isMoved = false;
    const moved = next('ready').then(() => {
      isMoved = true;
    });
    const closed = a.broker.close({ drain: 60 });
    // A balancer has yet to hear that it leaves.
    while (!isMoved) assert.equal(await ask('blog', a.via), 'blog was asked: question');
    await moved;
    assert.equal(await ask('blog', a.via), 'blog was asked: question');
    assert.equal(a.broker.status().state, 'draining');
    const late = await connectAgent(t, a.port);
    await assert.rejects(late.register());
    assert.equal((await late.line('ERROR')).code, 'shutdown');
    await closed;
    await assert.rejects(ask('blog', a.via), { code: 'E_RELAY_UNREACHABLE' });
    assert.equal(await ask('blog', b.via), 'blog was asked: question');
  });

  test('takes up what a member had that died', async (t) => {
    const { members, nats } = await startFleet(t, 1);
    const [b] = members;
    assert.ok(b);
    const port = await freePorts(1);
    const args = [`${port}`, '--host', '127.0.0.1', '--advertise', '127.0.0.1'];
    const owner = runCli(t, 'relay-broker', [...args, '--cluster', nats.urls]);
    await owner.line(/Control connections on port/);
    const target = await answering(t, 'blog');
    // An agent starts at either of them.
    let name: string;
    let agent: ReturnType<typeof runAgent>;
    do {
      name = `blog-${b.registrations.length}`;
      agent = runAgent(t, { to: `127.0.0.1:${port},${b.name}`, target, name });
      await agent.next('ready');
    } while (b.registrations.some((registration) => registration.name === name));
    const adopted = told(b.broker, 'adopted');
    owner.signal('SIGKILL');
    // Whoever comes meanwhile waits.
    const early = ask(name, b.via);
    const [info, from] = await adopted;
    assert.deepEqual([info.name, from], [name, `127.0.0.1:${port}`]);
    assert.equal(await early, 'blog was asked: question');
    // Nor is it sent back to one that is dead.
    assert.ok(!agent.told.includes('elsewhere'), `${agent.told}`);
  });

  test('tells an agent that comes back to the wrong member where to go', async (t) => {
    const { members } = await startFleet(t, 2);
    const [a, b] = members;
    assert.ok(a && b);
    const { agent, granted } = await registerAgent(t, a.port, { name: 'blog' });
    await behind(t, a, b);
    const other = await connectAgent(t, b.port);
    await assert.rejects(other.register({ name: 'blog', resume: granted.key }));
    const { code, to } = await other.line('ERROR');
    assert.deepEqual([code, to], ['elsewhere', a.name]);
    agent.socket.destroy();
    const back = await connectAgent(t, a.port);
    const again = await back.register({ name: 'blog', resume: granted.key });
    assert.deepEqual([again.resumed, again.port], [true, granted.port]);
  });

  test('has those of a group together at one member', async (t) => {
    const { file } = await tokensFile(t, { web: { token: WEB, names: ['*'], group: true } });
    const { members } = await startFleet(t, 2, { tokens: file });
    const [a, b] = members;
    assert.ok(a && b);
    const request = { name: 'web', group: true };
    await registerAgent(t, a.port, request, { token: WEB });
    await known(b.broker, 'web');
    const second = await connectAgent(t, b.port, { token: WEB });
    await assert.rejects(second.register(request));
    assert.equal((await second.line('ERROR')).to, a.name);
    await registerAgent(t, a.port, request, { token: WEB });
  });

  test('counts the registrations of a token at all members', async (t) => {
    const members = await limitedTo(2, t);
    const [a, b] = members;
    assert.ok(a && b);
    await registerAgent(t, a.port, { name: 'one' }, { token: WEB });
    await registerAgent(t, a.port, { name: 'two' }, { token: WEB });
    await behind(t, a, b, OTHER);
    const third = await connectAgent(t, b.port, { token: WEB });
    await assert.rejects(third.register());
    assert.equal((await third.line('ERROR')).code, 'too-many');
  });

  test('counts the registrations of a token that come at the same time', async (t) => {
    const members = await limitedTo(4, t);
    const [a, b] = members;
    assert.ok(a && b);
    for (const name of ['one', 'two', 'three']) {
      await registerAgent(t, a.port, { name }, { token: WEB });
    }
    await behind(t, a, b, OTHER);
    const crowd = await Promise.all(
      Array.from({ length: 4 }, () => connectAgent(t, b.port, { token: WEB })),
    );
    const asked = crowd.map((agent, n) => agent.register({ name: `late-${n}` }));
    assert.equal(await granted(asked), 1);
  });

  test('grants a token no more than it may have to those who come to all members at once', async (t) => {
    const members = await limitedTo(3, t);
    const crowd = await Promise.all(
      [...members, ...members, ...members].map(({ port }) => connectAgent(t, port, { token: WEB })),
    );
    const asked = crowd.map((agent) => agent.register());
    assert.equal(await granted(asked), 3);
  });

  test('goes on while NATS is away, and takes no new names meanwhile', async (t) => {
    const { members, nats } = await startFleet(t, 2);
    const [a, b] = members;
    const [node] = nats.nodes;
    assert.ok(a && b && node);
    const target = await answering(t, 'blog');
    await runAgent(t, { to: a.name, target, name: 'blog' }).next('ready');
    await known(b.broker, 'blog');
    const gone = told(b.broker, 'directory');
    await node.kill();
    assert.deepEqual(await gone, [false]);
    assert.equal(await ask('blog', b.via), 'blog was asked: question');
    const named = await connectAgent(t, b.port);
    await assert.rejects(named.register({ name: 'new' }));
    assert.equal((await named.line('ERROR')).code, 'directory-away');
    const { granted } = await registerAgent(t, b.port);
    const back = told(b.broker, 'directory');
    await node.start();
    assert.deepEqual(await back, [true]);
    await registerAgent(t, b.port, { name: 'new' });
    assert.equal(b.broker.fleet()?.tenure.held, true);
    // What could not be claimed is claimed by now, or soon.
    let to: string | undefined;
    while (to === undefined) {
      const other = await connectAgent(t, a.port);
      const taken = other.register({ resume: granted.key });
      to = await taken.then(
        () => undefined,
        async () => (await other.line('ERROR')).to,
      );
    }
    assert.equal(to, b.name);
  });
});

const WEB = tokenOf('web');
const OTHER = tokenOf('other');

/** Two members, and two tokens: that of `web` may have so many registrations. */
async function limitedTo(maxRegistrations: number, t: TestContext) {
  const { file } = await tokensFile(t, {
    web: { token: WEB, names: ['*'], maxRegistrations },
    other: { token: OTHER, names: ['*'] },
  });
  const { members } = await startFleet(t, 2, { tokens: file });
  return members;
}

/** How many of those who ask get what they ask for. */
async function granted(asked: Promise<unknown>[]): Promise<number> {
  const answers = await Promise.allSettled(asked);
  return answers.filter(({ status }) => status === 'fulfilled').length;
}

/** Resolves when a member knows of all that was registered at another one so far: it is told of that in order. */
async function behind(
  t: TestContext,
  at: { port: number },
  { broker }: { broker: Broker },
  token?: string,
): Promise<void> {
  await registerAgent(t, at.port, { name: 'last' }, token === undefined ? {} : { token });
  await known(broker, 'last');
}

/** Resolves when a member knows of a name. */
async function known(broker: Broker, name: string): Promise<void> {
  await until(() => [...(broker.fleetNames() ?? [])].some((each) => each.name === name));
}
