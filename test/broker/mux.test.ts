import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { startBroker, told } from '../support/broker.ts';
import { DATA, FIN, GO_AWAY, MuxPeer, PING, RST, SYN, WINDOW_UPDATE } from '../support/mux-peer.ts';
import {
  acceptStream,
  openSession,
  payloadOf,
  registerMux,
  toldOn,
} from '../support/mux-registrant.ts';
import { connectTo, endingOf, knock, outcome, visit } from '../support/tcp.ts';
import { connectSecurely } from '../support/tls.ts';
import { tlsFiles } from '../support/tls-files.ts';

test('a registrant that says nothing is told its address, and gets a stream for each client', async (t) => {
  const { broker, port: control } = await startBroker(t);
  const registered = told(broker, 'registered');
  const { peer, told: text, port } = await registerMux(t, control);
  const [{ protocol, clientPort, backConnectPort }] = await registered;
  assert.deepEqual([protocol, clientPort, backConnectPort], ['mux', port, 0]);
  assert.equal(text, `127.0.0.1:${port}`);
  const client = await connectTo(t, port);
  const answered = outcome(client);
  client.end('question');
  const id = await acceptStream(peer);
  assert.equal(await payloadOf(peer, id, 8), 'question');
  await peer.frame((frame) => frame.id === id && (frame.flags & FIN) !== 0);
  peer.say(DATA, 0, id, 'ans');
  peer.say(DATA, FIN, id, 'wer');
  assert.deepEqual(await answered, { data: Buffer.from('answer'), ending: 'eof' });
});

test('the host is the public one, if the broker knows it', async (t) => {
  const { port: control } = await startBroker(t, { advertise: 'relay.example.net' });
  const { told: text, port } = await registerMux(t, control);
  assert.equal(text, `relay.example.net:${port}`);
});

test('to end one’s direction is to say nothing', async (t) => {
  const { port: control } = await startBroker(t, { helloWait: 60_000 });
  const peer = new MuxPeer(await connectTo(t, control));
  peer.say(WINDOW_UPDATE, SYN, 1);
  peer.say(WINDOW_UPDATE, FIN, 1);
  assert.match(await toldOn(peer), /^127\.0\.0\.1:\d+$/);
});

test('a session inside TLS is one as well, and encrypts what its clients say', async (t) => {
  const { authority, cert, key } = await tlsFiles(t);
  const { broker, port: control } = await startBroker(t, {
    tlsCert: cert,
    tlsKey: key,
    allowBasic: '127.0.0.1',
  });
  const registered = told(broker, 'registered');
  const peer = new MuxPeer(await connectSecurely(t, control, { ca: authority.cert }));
  peer.say(WINDOW_UPDATE, SYN, 1);
  await toldOn(peer);
  const [{ secured, clientPort }] = await registered;
  assert.equal(secured, true);
  const client = await connectTo(t, clientPort);
  client.write('hello');
  assert.equal(await payloadOf(peer, await acceptStream(peer), 5), 'hello');
});

test('where it takes TLS or a token, only some addresses may register without', async (t) => {
  const { cert, key } = await tlsFiles(t);
  const { broker, port: control } = await startBroker(t, { tlsCert: cert, tlsKey: key });
  const refused = told(broker, 'refused');
  const peer = await openSession(t, control);
  assert.match(await toldOn(peer), /^\[ERROR\] \{"code":"basic-refused",/);
  peer.say(WINDOW_UPDATE, FIN, 1);
  assert.deepEqual((await refused).slice(0, 2), ['127.0.0.1', 'basic-refused']);
  assert.equal(await peer.ended, 'eof');
});

test('a client that the registrant rejects is reset, and one that leaves is reset for it', async (t) => {
  const { port: control } = await startBroker(t);
  const { peer, port } = await registerMux(t, control);
  const client = await connectTo(t, port);
  const seen = endingOf(client.resume());
  const id = await acceptStream(peer);
  peer.say(WINDOW_UPDATE, RST, id);
  assert.equal(await seen, 'ECONNRESET');
  const other = await connectTo(t, port);
  const next = await acceptStream(peer, 2);
  other.resetAndDestroy();
  await peer.frame((frame) => frame.id === next && frame.flags === RST);
});

test('a client whose stream is not accepted in time is reset', async (t) => {
  const { port: control } = await startBroker(t, { pairTimeout: 0.05 });
  const { port } = await registerMux(t, control);
  assert.equal(await endingOf((await connectTo(t, port)).resume()), 'ECONNRESET');
});

test('a session that does not answer a ping is dead: its port is closed, its clients are reset', async (t) => {
  const { broker, port: control } = await startBroker(t, { heartbeat: 0.4 });
  const { peer, port } = await registerMux(t, control);
  await peer.frame(({ type, flags }) => type === PING && flags === SYN, 3);
  const client = await connectTo(t, port);
  const seen = endingOf(client.resume());
  await acceptStream(peer);
  const ended = told(broker, 'ended');
  peer.answersPings = false;
  assert.equal((await ended)[1], 'unanswered');
  assert.equal(await seen, 'ECONNRESET');
  assert.equal(await knock(port), 'ECONNREFUSED');
});

test('a pair on a stream is held to its silence as any other', async (t) => {
  const { broker, port: control } = await startBroker(t, { idleTimeout: 0.1 });
  const { peer, port } = await registerMux(t, control);
  const over = told(broker, 'clientEnded');
  const client = await connectTo(t, port);
  const seen = endingOf(client.resume());
  const id = await acceptStream(peer);
  assert.equal((await over)[1].ending, 'idle');
  assert.equal(await seen, 'ECONNRESET');
  await peer.frame((frame) => frame.id === id && frame.flags === RST);
});

for (const [how, ending] of [
  ['end', 'closed'],
  ['resetAndDestroy', 'lost'],
] as const) {
  test(`a connection that is over by ${how}() ends the registration`, async (t) => {
    const { broker, port: control } = await startBroker(t);
    const socket = await connectTo(t, control);
    const peer = new MuxPeer(socket);
    peer.say(WINDOW_UPDATE, SYN, 1);
    await toldOn(peer);
    const ended = told(broker, 'ended');
    socket[how]();
    assert.equal((await ended)[1], ending);
  });
}

test('a registrant that goes away gets no more clients, and those it has run on', async (t) => {
  const { broker, port: control } = await startBroker(t);
  const { peer, port } = await registerMux(t, control);
  const client = await connectTo(t, port);
  const id = await acceptStream(peer);
  const ended = told(broker, 'ended');
  peer.say(GO_AWAY, 0, 0, 0);
  assert.equal((await ended)[1], 'closed');
  assert.equal(await knock(port), 'ECONNREFUSED');
  const answered = outcome(client);
  client.end();
  peer.say(DATA, FIN, id, 'still here');
  assert.equal(String((await answered).data), 'still here');
  assert.equal(await peer.ended, 'eof');
});

test('a registrant that breaks the rules loses its registration, nobody else’s', async (t) => {
  const { broker, port: control } = await startBroker(t);
  const other = await registerMux(t, control);
  const { peer } = await registerMux(t, control);
  const ended = told(broker, 'ended');
  peer.say(DATA, 0, 77, 'x');
  assert.equal((await ended)[1], 'misbehaved');
  const client = await connectTo(t, other.port);
  client.write('hello');
  assert.equal(await payloadOf(other.peer, await acceptStream(other.peer), 5), 'hello');
});

test('a registrant opens one stream, and no other', async (t) => {
  const { port: control } = await startBroker(t);
  const { peer, port } = await registerMux(t, control);
  for (let id = 3; id < 3000; id += 2) peer.say(WINDOW_UPDATE, SYN, id);
  await peer.frame(({ flags }) => flags === RST, 1498);
  peer.say(WINDOW_UPDATE, FIN, 1);
  peer.say(WINDOW_UPDATE, SYN, 3001);
  await peer.frame(({ id, flags }) => id === 3001 && flags === RST);
  await connectTo(t, port);
  await acceptStream(peer);
});

test('the broker that ends waits for the streams of its clients, and then closes', async (t) => {
  const { broker, port: control } = await startBroker(t);
  const { peer, port } = await registerMux(t, control);
  const client = await connectTo(t, port);
  const id = await acceptStream(peer);
  const draining = once(broker, 'draining');
  const closed = broker.close({ drain: 60 });
  assert.deepEqual(await draining, [1]);
  const answered = outcome(client);
  client.end();
  peer.say(DATA, FIN, id, 'the last');
  assert.equal(String((await answered).data), 'the last');
  await peer.frame(({ type, length }) => type === GO_AWAY && length === 0);
  await closed;
});

test('1,000 random byte strings behind the first octet are closed, and nothing else is disturbed', async (t) => {
  const { port: control } = await startBroker(t);
  const { peer, port } = await registerMux(t, control);
  for (let round = 0; round < 10; round += 1) {
    const strangers = Array.from({ length: 100 }, async (_, n) => {
      const stranger = await connectTo(t, control);
      const ending = endingOf(stranger.resume());
      stranger.end(Buffer.concat([Buffer.of(0), randomBytes(n)]));
      return ending;
    });
    const endings = new Set(await Promise.all(strangers));
    endings.delete('eof');
    endings.delete('ECONNRESET');
    endings.delete('EPIPE');
    assert.deepEqual([...endings], []);
  }
  const client = await connectTo(t, port);
  client.write('hello');
  assert.equal(await payloadOf(peer, await acceptStream(peer), 5), 'hello');
  assert.equal((await visit(t, control, '[NONSENSE]\n')).slice(0, 7), '[ERROR]');
});
