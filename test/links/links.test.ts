import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import test from 'node:test';
import type { StreamSocket } from '#src/data-plane/data-plane.ts';
import type { ForwardedClient, Links } from '#src/links/links.ts';
import { leavesNoDescriptor } from '../support/descriptors.ts';
import { at, clientOf, FREE, TestFleet } from '../support/fleet-links.ts';
import { mutePort } from '../support/mute-port.ts';
import { tappedProxy } from '../support/tapped-proxy.ts';
import { outcome, read } from '../support/tcp.ts';
import { until } from '../support/until.ts';

const echo = (stream: StreamSocket) => void stream.pipe(stream);

async function forwarded(links: Links, ...[member, client]: Parameters<Links['forward']>) {
  const stream = await links.forward(member, client);
  if (typeof stream === 'string') throw new Error(`refused: ${stream}`);
  return stream;
}

test('a client is taken to the member that serves it, with its address and what to greet it with', async (t) => {
  const fleet = new TestFleet(t);
  const served: ForwardedClient[] = [];
  const near = await fleet.join('near:1');
  const far = await fleet.join('far:1', {
    serve: (client) => {
      served.push(client);
      return echo;
    },
  });
  const client = clientOf('grüße "\\', 'CONNECTED\n');
  const stream = await forwarded(near.links, far.member, client);
  assert.deepEqual(served, [client]);
  const sent = randomBytes(1024 * 1024);
  stream.end(sent);
  assert.deepEqual(await outcome(stream), { data: sent, ending: 'eof' });
});

test('a member serves a client itself, or says why not', async (t) => {
  const fleet = new TestFleet(t);
  const near = await fleet.join('near:1');
  const far = await fleet.join('far:1', {
    serve: ({ name }) => (name === 'blog' ? 'away' : 'not-here'),
  });
  assert.equal(await near.links.forward(far.member, clientOf('blog')), 'away');
  assert.equal(await near.links.forward(far.member, clientOf('shop')), 'not-here');
});

test('a member promises what it likes, and each answer is to its question', async (t) => {
  const fleet = new TestFleet(t);
  const near = await fleet.join('near:1');
  const far = await fleet.join('far:1', { promise: (session) => session.endsWith('0') });
  const sessions = Array.from({ length: 50 }, (_, n) => `${n}`);
  const promised = await Promise.all(
    sessions.map((session) => near.links.askPromise(far.member, session, 5000)),
  );
  assert.deepEqual(
    promised,
    sessions.map((session) => session.endsWith('0')),
  );
});

test('there is one connection for clients, and one for questions, however many there are', async (t) => {
  const fleet = new TestFleet(t);
  const near = await fleet.join('near:1');
  const far = await fleet.join('far:1', { serve: () => echo, promise: () => true });
  assert.equal(near.links.isDialled('far:1'), false);
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      await forwarded(near.links, far.member, clientOf('blog'));
      await near.links.askPromise(far.member, 's', 5000);
    }),
  );
  assert.equal(near.links.isDialled('far:1'), true);
  assert.deepEqual([near.budget.free, far.budget.free], [FREE - 2, FREE - 2]);
});

test('ends and resets pass both ways', async (t) => {
  const fleet = new TestFleet(t);
  const streams: StreamSocket[] = [];
  const near = await fleet.join('near:1');
  const far = await fleet.join('far:1', { serve: () => (stream) => void streams.push(stream) });
  const open = async () => {
    const here = await forwarded(near.links, far.member, clientOf('blog'));
    const there = streams.shift();
    assert.ok(there);
    return { here, there };
  };
  const first = await open();
  first.here.end('request');
  assert.equal((await outcome(first.there)).data.toString(), 'request');
  first.there.end('answer');
  assert.equal((await outcome(first.here)).data.toString(), 'answer');
  const second = await open();
  second.there.end('banner');
  assert.equal((await outcome(second.here)).data.toString(), 'banner');
  second.here.end();
  assert.equal((await outcome(second.there)).ending, 'eof');
  const third = await open();
  third.here.resetAndDestroy();
  assert.equal((await outcome(third.there)).ending, 'ECONNRESET');
  const fourth = await open();
  fourth.there.resetAndDestroy();
  assert.equal((await outcome(fourth.here)).ending, 'ECONNRESET');
});

test('when the connection breaks, both ends are reset, and the next client is on another', async (t) => {
  const fleet = new TestFleet(t);
  const streams: StreamSocket[] = [];
  const near = await fleet.join('near:1');
  const far = await fleet.join('far:1', {
    serve: () => (stream) => {
      streams.push(stream);
      stream.write('x');
    },
  });
  const proxy = await tappedProxy(t, far.member.link.port);
  const member = at(far.member, { port: proxy.port });
  const stream = await forwarded(near.links, member, clientOf('blog'));
  await read(stream, 1);
  const endings = [outcome(stream), ...streams.map((there) => outcome(there))];
  proxy.cut();
  for (const { ending } of await Promise.all(endings)) assert.equal(ending, 'ECONNRESET');
  await until(() => !near.links.isDialled('far:1'));
  await read(await forwarded(near.links, member, clientOf('blog')), 1);
});

test('what goes over the wire is not to be read', async (t) => {
  const fleet = new TestFleet(t);
  const near = await fleet.join('near:1');
  const far = await fleet.join('far:1', { serve: () => echo });
  const proxy = await tappedProxy(t, far.member.link.port);
  const member = at(far.member, { port: proxy.port });
  const stream = await forwarded(near.links, member, clientOf('a-name-of-ours'));
  stream.end('plain bytes');
  assert.equal((await outcome(stream)).data.toString(), 'plain bytes');
  const [{ toBroker, toAgent } = { toBroker: [], toAgent: [] }] = proxy.seen;
  const seen = Buffer.concat([...toBroker, ...toAgent]).toString('latin1');
  assert.ok(
    seen.includes('near:1'),
    'or nothing was seen: the name of who dials is said in the clear',
  );
  assert.doesNotMatch(seen, /a-name-of-ours|plain bytes/);
});

test('a member that starts anew, with another key, is dialled anew; what was under way there is over', async (t) => {
  const fleet = new TestFleet(t);
  const near = await fleet.join('near:1');
  const before = await fleet.join('far:1', { serve: () => echo });
  const stream = await forwarded(near.links, before.member, clientOf('blog'));
  const ending = outcome(stream);
  before.links.cut();
  await before.links.close();
  const after = await fleet.join('far:1', { serve: () => echo });
  assert.equal((await ending).ending, 'ECONNRESET');
  await forwarded(near.links, after.member, clientOf('blog'));
  await assert.rejects(near.links.forward(before.member, clientOf('blog')), {
    name: 'LinkError',
    failure: 'unreachable',
  });
});

test('a member that cannot be reached, or does not answer, is told apart', async (t) => {
  const fleet = new TestFleet(t);
  const near = await fleet.join('near:1');
  const far = await fleet.join('far:1', { serve: () => echo, promise: () => true });
  const mute = at(far.member, { port: await mutePort(t) });
  const why = async (member: typeof mute) =>
    near.links.forward(member, clientOf('blog')).then(
      () => 'forwarded',
      ({ failure }) => failure,
    );
  const [timeout, promised] = await Promise.all([why(mute), near.links.askPromise(mute, 's', 50)]);
  assert.deepEqual([timeout, promised], ['timeout', false]);
  assert.equal(await why(at(far.member, { key: 'A'.repeat(43) })), 'untrusted');
  assert.equal(await near.links.askPromise(far.member, 's', 5000), true);
  fleet.forget('near:1');
  // Those that are there stay; new ones do not come about.
  assert.equal(await near.links.askPromise(far.member, 's', 5000), true);
  assert.equal(await why(far.member), 'untrusted');
});

test('no descriptors, no connection; and none is left', async (t) => {
  const fleet = new TestFleet(t);
  const near = await fleet.join('near:1', {}, 1);
  const far = await fleet.join('far:1', { serve: () => echo, promise: () => true });
  await forwarded(near.links, far.member, clientOf('blog'));
  assert.equal(await near.links.askPromise(far.member, 's', 5000), false);
  near.links.cut();
  await until(() => near.budget.free === 1);
  assert.equal(await near.links.askPromise(far.member, 's', 5000), true);
  await assert.rejects(near.links.forward(far.member, clientOf('blog')), {
    failure: 'descriptors',
  });
});

test('streams finish when links close, and nothing is left of them', async (t) => {
  const fleet = new TestFleet(t);
  const far = await fleet.join('far:1', { serve: () => echo, promise: () => true });
  await leavesNoDescriptor(far.budget, async () => {
    const { links } = await fleet.join('near:1');
    const stream = await forwarded(links, far.member, clientOf('blog'));
    await links.askPromise(far.member, 's', 5000);
    const closed = links.close();
    await assert.rejects(links.forward(far.member, clientOf('blog')), { failure: 'closed' });
    stream.end('late');
    assert.equal((await outcome(stream)).data.toString(), 'late');
    await closed;
    return [];
  });
});

test('links close what was not needed before another member was dialled', async (t) => {
  const fleet = new TestFleet(t);
  const far = await fleet.join('far:1', { serve: () => echo, promise: () => true });
  const other = await fleet.join('other:1', { promise: () => true });
  await leavesNoDescriptor(far.budget, async () => {
    const { links } = await fleet.join('near:1');
    const stream = await forwarded(links, far.member, clientOf('blog'));
    assert.equal(await links.askPromise(other.member, 's', 5000), true);
    assert.equal(await links.askPromise(far.member, 's', 5000), true);
    stream.end();
    await outcome(stream);
    await links.close();
    return [];
  });
});

test('links that close have others dial no more, and let what is there finish', async (t) => {
  const fleet = new TestFleet(t);
  const near = await fleet.join('near:1');
  const far = await fleet.join('far:1', { serve: () => echo });
  const stream = await forwarded(near.links, far.member, clientOf('blog'));
  const closed = far.links.close();
  await assert.rejects(near.links.forward(far.member, clientOf('blog')), { name: 'LinkError' });
  stream.write('still ');
  await once(stream, 'readable');
  stream.end('here');
  assert.equal((await outcome(stream)).data.toString(), 'still here');
  await closed;
});

test('a port that is taken is told of', async (t) => {
  const fleet = new TestFleet(t);
  const { links } = await fleet.join('near:1');
  await assert.rejects(fleet.join('far:1', {}, FREE, links.address.port), {
    code: 'E_LISTEN',
    message: /--cluster-port/,
  });
});
