import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { AgentOptions } from 'relay-broker';
import { lineOn, sayOn } from '../../support/mux-lines.ts';
import { ACK, DATA, FIN, MuxPeer, PING, RST, SYN, WINDOW_UPDATE } from '../../support/mux-peer.ts';
import { payloadOf } from '../../support/mux-registrant.ts';
import { runAgent } from '../../support/running-agent.ts';
import { nowhere } from '../../support/station.ts';
import { outcome, serve } from '../../support/tcp.ts';

const CLIENT = { address: '198.51.100.7', port: 50112 };

const GRANTED = {
  registration: 1,
  port: 4000,
  resumed: false,
  key: 'k'.repeat(43),
  lease: 60,
  heartbeat: 5,
  deadline: 15,
  spareTicket: 's'.repeat(22),
  maxSpares: 0,
  limits: {},
};

/** A relay of the test's own, and the sessions that agents have opened with it. */
async function startRelay(t: TestContext) {
  const sessions: MuxPeer[] = [];
  const server = await serve(t, (socket) => sessions.push(new MuxPeer(socket)));
  /** The `nth` session, registered. */
  const register = async (nth = 1, granted: object = GRANTED) => {
    while (sessions.length < nth) await once(server, 'connection');
    const peer = sessions[nth - 1];
    assert.ok(peer);
    await peer.frame(({ id, flags }) => id === 1 && flags === SYN);
    peer.say(WINDOW_UPDATE, ACK, 1);
    await lineOn(peer, 1, 'HELLO');
    sayOn(peer, 1, 'CHALLENGE', { version: 1, nonce: 'n'.repeat(43) });
    await lineOn(peer, 1, 'REGISTER');
    sayOn(peer, 1, 'REGISTERED', granted);
    return peer;
  };
  return { to: `127.0.0.1:${server.port}`, register };
}

/** Brings a client, which says this. */
function bring(peer: MuxPeer, id: number, says: string, ticket = `t${id}`.padEnd(22, 'x')): string {
  peer.say(WINDOW_UPDATE, SYN, id);
  sayOn(peer, id, 'TAKEN', { ticket, client: CLIENT });
  peer.say(DATA, 0, id, says);
  return ticket;
}

async function start(t: TestContext, options: Partial<AgentOptions>) {
  const relay = await startRelay(t);
  const agent = runAgent(t, { to: relay.to, mux: true, ...options });
  return { ...agent, peer: await relay.register(), register: relay.register };
}

test('a client comes as a stream, and its bytes and ends pass both ways', async (t) => {
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const { peer, next } = await start(t, { target: echo.port });
  const ended = next('connectionEnded');
  bring(peer, 2, 'hello');
  peer.say(WINDOW_UPDATE, FIN, 2);
  assert.equal(await payloadOf(peer, 2, 5), 'hello');
  await peer.frame(({ id, flags }) => id === 2 && (flags & FIN) !== 0);
  assert.deepEqual(await ended, [
    { bytesToServer: 5, bytesToClient: 5, ending: 'eof', firstEnd: 'client' },
  ]);
});

test('1,000 clients come at once, none of them lost', async (t) => {
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const { peer } = await start(t, { target: echo.port });
  let brought = 0;
  // A relay leaves no more than 256 waiting.
  for (; brought < 256; brought += 1) bring(peer, 2 * (brought + 1), `I am ${brought}`);
  for (let accepted = 1; brought < 1000; accepted += 1) {
    await peer.frame(({ flags }) => flags === ACK, accepted);
    bring(peer, 2 * (brought + 1), `I am ${brought}`);
    brought += 1;
  }
  for (let n = 0; n < brought; n += 1) {
    const text = `I am ${n}`;
    assert.equal(await payloadOf(peer, 2 * (n + 1), text.length), text);
  }
});

test('a service that cannot be reached is reported, and its client reset', async (t) => {
  const closed = await nowhere(t);
  const { peer, next } = await start(t, { target: closed.port });
  const failed = next('connectionFailed');
  const ticket = bring(peer, 2, 'hello');
  assert.deepEqual(await lineOn(peer, 1, 'FAILED'), { ticket, reason: 'refused' });
  await peer.frame(({ id, flags }) => id === 2 && flags === RST);
  assert.equal((await failed)[0].code, 'E_TARGET_UNREACHABLE');
});

test('the service learns who its client is', async (t) => {
  const service = await serve(t, () => {});
  const arrived = once(service, 'connection');
  const { peer } = await start(t, { target: service.port, proxyProtocol: 'v1' });
  bring(peer, 2, 'hello');
  peer.say(WINDOW_UPDATE, FIN, 2);
  const [socket] = (await arrived) as [Socket];
  const { data } = await outcome(socket);
  assert.equal(String(data), 'PROXY TCP4 198.51.100.7 127.0.0.1 50112 4000\r\nhello');
});

test('a server object gets its clients without a port', async (t) => {
  const server = createHttpServer((request, response) => response.end(`you want ${request.url}`));
  const { peer } = await start(t, { target: server });
  bring(peer, 2, 'GET /blog HTTP/1.0\r\n\r\n');
  await peer.frame(({ id, flags }) => id === 2 && (flags & FIN) !== 0);
  assert.match(String(peer.payload(2)), /^HTTP\/1\.1 200 OK.*you want \/blog$/s);
});

test('a client that leaves is a reset for its service', async (t) => {
  const service = await serve(t, () => {});
  const arrived = once(service, 'connection');
  const { peer } = await start(t, { target: service.port });
  bring(peer, 2, 'hello');
  const [socket] = (await arrived) as [Socket];
  const seen = outcome(socket);
  await once(socket, 'data');
  peer.say(WINDOW_UPDATE, RST, 2);
  assert.equal((await seen).ending, 'ECONNRESET');
});

test('clients that come before anybody is there for them wait', async (t) => {
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const relay = await startRelay(t);
  runAgent(t, { to: relay.to, mux: true, target: echo.port });
  const peer = await relay.register();
  // In one write with what tells the agent that it is registered.
  bring(peer, 2, 'early');
  assert.equal(await payloadOf(peer, 2, 5), 'early');
});

test('what is no line of a relay ends the session', async (t) => {
  const { peer, next } = await start(t, { target: 1 });
  const lost = next('lost');
  peer.say(WINDOW_UPDATE, SYN, 2);
  peer.say(DATA, 0, 2, 'GET / HTTP/1.0\n');
  const [{ code, message }] = await lost;
  assert.equal(code, 'E_NOT_A_RELAY');
  assert.match(message, /it sent "GET/);
});

test('a relay that breaks yamux is none, one that wants a back-connect neither', async (t) => {
  const { peer, next } = await start(t, { target: 1 });
  const lost = next('lost');
  peer.say(DATA, 0, 77, 'x');
  assert.match((await lost)[0].message, /it does not speak yamux/);
  const other = await start(t, { target: 1 });
  const gone = other.next('lost');
  sayOn(other.peer, 1, 'NEW', { ticket: 't'.repeat(22), client: CLIENT });
  assert.equal((await gone)[0].code, 'E_NOT_A_RELAY');
});

test('a relay that knows no sessions is not served by the basic protocol instead', async (t) => {
  const old = await serve(t, (socket) =>
    socket.end('[ERROR] {"code":"hello-unknown","message":"no such first line"}\n'),
  );
  const { next } = runAgent(t, { to: `127.0.0.1:${old.port}`, mux: true, target: 1 });
  const [{ code, message }] = await next('retrying');
  assert.equal(code, 'E_NOT_A_RELAY');
  assert.match(message, /does not speak yamux/);
});

test('an agent whose session breaks comes back with its key, and its ping is answered', async (t) => {
  const { peer, next, register } = await start(t, { target: 1 });
  peer.say(PING, SYN, 0, 7);
  await peer.frame(({ type, flags, length }) => type === PING && flags === ACK && length === 7);
  const lost = next('lost');
  peer.say(4, 0, 0);
  await lost;
  const again = await register(2, { ...GRANTED, resumed: true });
  assert.equal((await lineOn(again, 1, 'REGISTER')).resume, GRANTED.key);
});

test('an agent that leaves says so, and closes when its clients are gone', async (t) => {
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const { peer, agent } = await start(t, { target: echo.port });
  bring(peer, 2, 'hello');
  await payloadOf(peer, 2, 5);
  const closed = agent.close({ drain: 60 });
  await lineOn(peer, 1, 'BYE');
  peer.say(WINDOW_UPDATE, FIN, 1);
  peer.say(DATA, FIN, 2, ' again');
  assert.equal(await payloadOf(peer, 2, 11), 'hello again');
  await closed;
  assert.equal(await peer.ended, 'eof');
});
