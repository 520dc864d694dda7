import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createBroker } from '#src/broker/broker.ts';
import { startBroker, told } from '../support/broker.ts';
import { backConnect, connectAgent, registerAgent } from '../support/extended-agent.ts';
import { emptyFolder } from '../support/folder.ts';
import { lineOn, sayOn } from '../support/mux-lines.ts';
import { DATA, FIN, GO_AWAY, type MuxPeer, RST, WINDOW_UPDATE } from '../support/mux-peer.ts';
import { acceptStream, openSession, payloadOf } from '../support/mux-registrant.ts';
import { connectTo, endingOf, outcome, portsToKeep } from '../support/tcp.ts';

const NONCE = 'n'.repeat(43);

/** Registers on a session, and returns what was granted. */
async function register(t: TestContext, control: number, request: object = {}) {
  const peer = await openSession(t, control);
  sayOn(peer, 1, 'HELLO', { version: 1, nonce: NONCE });
  await lineOn(peer, 1, 'CHALLENGE');
  sayOn(peer, 1, 'REGISTER', request);
  return { peer, granted: await lineOn(peer, 1, 'REGISTERED') };
}

/** The `nth` client's stream, and the line on it. */
async function taken(peer: MuxPeer, nth = 1) {
  const id = await acceptStream(peer, nth);
  return { id, line: await lineOn(peer, id, 'TAKEN') };
}

test('an agent is told of each client on its stream, and fetches nobody', async (t) => {
  const { broker, port: control } = await startBroker(t);
  const registered = told(broker, 'registered');
  const { peer, granted } = await register(t, control);
  assert.equal((await registered)[0].protocol, 'extended');
  assert.equal(Object.hasOwn(granted, 'backConnectPort'), false);
  assert.equal(granted.maxSpares, 0);
  const client = await connectTo(t, granted.port);
  const answered = outcome(client);
  client.end('question');
  const { id, line } = await taken(peer);
  assert.deepEqual(line.client, { address: '127.0.0.1', port: client.localPort });
  const first = `[TAKEN] ${JSON.stringify(line)}\n`;
  assert.equal(await payloadOf(peer, id, first.length + 8), `${first}question`);
  peer.say(DATA, FIN, id, 'answer');
  assert.deepEqual(await answered, { data: Buffer.from('answer'), ending: 'eof' });
  assert.doesNotMatch(String(peer.payload(1)), /\[NEW\]/);
});

test('a client that has failed is reset, others are refused while the service is down', async (t) => {
  const { broker, port: control } = await startBroker(t);
  const { peer, granted } = await register(t, control);
  const client = await connectTo(t, granted.port);
  const seen = endingOf(client.resume());
  const { id, line } = await taken(peer);
  sayOn(peer, 1, 'FAILED', { ticket: line.ticket, reason: 'refused' });
  assert.equal(await seen, 'ECONNRESET');
  await peer.frame((frame) => frame.id === id && frame.flags === RST);
  const parked = told(broker, 'parked');
  sayOn(peer, 1, 'PARK', { reason: 'down' });
  await parked;
  const refused = told(broker, 'clientRefused');
  await connectTo(t, granted.port).catch(() => {});
  assert.equal((await refused)[1], 'parked');
});

test('a session that ends has its registration held, and those who wait get streams of the next', async (t) => {
  const { broker, port: control } = await startBroker(t);
  const { peer, granted } = await register(t, control);
  const client = await connectTo(t, granted.port);
  const seen = endingOf(client.resume());
  await taken(peer);
  const held = told(broker, 'held');
  peer.say(DATA, 0, 77, 'this breaks the rules');
  assert.equal((await held)[1], 'lost');
  assert.equal(await seen, 'ECONNRESET');
  const waiting = told(broker, 'clientWaiting');
  const patient = await connectTo(t, granted.port);
  patient.write('hello');
  await waiting;
  const again = await register(t, control, { resume: granted.key });
  assert.deepEqual([again.granted.resumed, again.granted.port], [true, granted.port]);
  const { id, line } = await taken(again.peer);
  const first = `[TAKEN] ${JSON.stringify(line)}\n`;
  assert.equal(await payloadOf(again.peer, id, first.length + 5), `${first}hello`);
});

test('who is replaced keeps its clients, and its session until they are gone', async (t) => {
  const { port: control } = await startBroker(t);
  const { peer, granted } = await register(t, control);
  const client = await connectTo(t, granted.port);
  const { id } = await taken(peer);
  const again = await register(t, control, { resume: granted.key });
  assert.equal(again.granted.resumed, true);
  assert.equal((await lineOn(peer, 1, 'ERROR')).code, 'replaced');
  await peer.frame(({ type, length }) => type === GO_AWAY && length === 0);
  peer.say(WINDOW_UPDATE, FIN, 1);
  const answered = outcome(client);
  client.end();
  peer.say(DATA, FIN, id, 'of old');
  assert.equal(String((await answered).data), 'of old');
  assert.equal(await peer.ended, 'eof');
});

test('an agent that says goodbye gives its port back, and closes when its clients are gone', async (t) => {
  const { broker, port: control } = await startBroker(t);
  const { peer } = await register(t, control);
  const ended = told(broker, 'ended');
  sayOn(peer, 1, 'BYE');
  assert.equal((await ended)[1], 'bye');
  await peer.frame((frame) => frame.id === 1 && (frame.flags & FIN) !== 0);
  peer.say(WINDOW_UPDATE, FIN, 1);
  assert.equal(await peer.ended, 'eof');
});

test('a key is good in the way of its registration only', async (t) => {
  const { port: control } = await startBroker(t);
  const { granted } = await register(t, control);
  const plain = await connectAgent(t, control);
  assert.equal((await plain.register({ resume: granted.key })).resumed, false);
  const other = await registerAgent(t, control);
  const again = await register(t, control, { resume: other.granted.key });
  assert.equal(again.granted.resumed, false);
});

test('a stream is no back-connect, and a registration on a session takes none', async (t) => {
  const { broker, port: control } = await startBroker(t);
  const { granted } = await registerAgent(t, control);
  const client = await connectTo(t, granted.port);
  const refused = told(broker, 'refused');
  const peer = await openSession(t, control);
  sayOn(peer, 1, 'SPARE', { registration: granted.registration, ticket: granted.spareTicket });
  assert.equal((await refused)[1], 'back-connect');
  assert.equal(await peer.ended, 'eof');
  client.destroy();

  const muxed = await register(t, control);
  const rejected = once(broker, 'backConnectRefused');
  await backConnect(t, control, {
    word: 'TICKET',
    registration: muxed.granted.registration,
    ticket: 'x'.repeat(22),
  });
  assert.equal((await rejected)[1], 'ticket');
});

test('a lease of the state file is taken up as it was, for a session', async (t) => {
  const state = join(await emptyFolder(t), 'leases.json');
  const ports = await portsToKeep();
  const { broker, port: control } = await startBroker(t, { state, ports });
  const { granted } = await register(t, control);
  await broker.close({ drain: 0 });
  const next = createBroker({ port: 0, host: '127.0.0.1', state });
  t.after(() => next.close({ drain: 0 }));
  const restored = told(next, 'restored');
  const at = await next.start();
  const [{ clientPort, backConnectPort }] = await restored;
  assert.deepEqual([clientPort, backConnectPort], [granted.port, 0]);
  const client = await connectTo(t, clientPort);
  client.write('hello');
  const { peer, granted: again } = await register(t, at.port, { resume: granted.key });
  assert.equal(again.resumed, true);
  await taken(peer);
});
