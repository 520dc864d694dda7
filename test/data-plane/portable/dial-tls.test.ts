import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer as createPlainServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { handToServer } from '#src/agent/hand-to-server.ts';
import type { RelayDial } from '#src/data-plane/data-plane.ts';
import { createPortableDataPlane } from '#src/data-plane/portable/portable-data-plane.ts';
import { dial } from '#src/data-plane/portable/sockets.ts';
import { overTls } from '#src/data-plane/portable/tls.ts';
import { createAuthority } from '../../support/certificates.ts';
import { nowhere, station, tlsStation } from '../../support/station.ts';
import { outcome, read } from '../../support/tcp.ts';

const halfCloseTimeout = 30_000;
const MIB = 1024 * 1024;
const hello = 'hello\n';
const preface = Buffer.from('preface');

const AUTHORITY = createAuthority();
const SERVER = AUTHORITY.server();

const { dialPair, dialSpare } = createPortableDataPlane();

type TlsRelay = RelayDial & { hello: string; next(): Promise<Socket> };

/** A relay that is dialled over TLS, and the connections to it. */
async function tlsRelay(t: TestContext): Promise<TlsRelay> {
  return { ...(await tlsStation(t, SERVER)), hello, tls: { ca: AUTHORITY.cert } };
}

/** The same address and options, of somebody who never answers a handshake. */
async function silentRelay(t: TestContext): Promise<TlsRelay> {
  const { host, port, next } = await station(t);
  return { host, port, hello, tls: { ca: AUTHORITY.cert }, next };
}

describe('a relay that is dialled over TLS', () => {
  test('gets the hello first, and is joined with half-close', async (t) => {
    const [relay, target] = [await tlsRelay(t), await station(t)];
    const pair = dialPair({ relay, target, preface, halfCloseTimeout });
    const [client, service] = await Promise.all([relay.next(), target.next()]);
    const [request, answer] = [randomBytes(MIB), randomBytes(MIB)];
    const [seen, served] = [outcome(client), outcome(service)];
    client.end(request);
    assert.ok((await served).data.equals(Buffer.concat([preface, request])));
    service.end(answer);
    assert.ok((await seen).data.equals(Buffer.concat([Buffer.from(hello), answer])));
    const report = { bytesToServer: MIB, bytesToClient: MIB, ending: 'eof', firstEnd: 'client' };
    assert.deepEqual(await pair.ended, report);
  });

  // Less than what the handshake may take.
  test('is given up at once when the target refuses', async (t) => {
    // It would be given up after five seconds in any case.
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const relay = await silentRelay(t);
    const pair = dialPair({ relay, target: await nowhere(t), halfCloseTimeout });
    await assert.rejects(pair.ended, { side: 'target' });
  });

  test('has the target reset when its certificate is not trusted', async (t) => {
    const [relay, target] = [await tlsRelay(t), await station(t)];
    const untrusting = { ...relay, tls: {} };
    const pair = dialPair({ relay: untrusting, target, preface, halfCloseTimeout });
    const served = target.next().then(outcome);
    await assert.rejects(pair.ended, { side: 'relay' });
    assert.deepEqual(await served, { data: Buffer.alloc(0), ending: 'ECONNRESET' });
  });

  test('takes a spare, whose client is joined with a target', async (t) => {
    const [relay, target] = [await tlsRelay(t), await station(t)];
    const spare = dialSpare({ relay });
    const client = await relay.next();
    assert.equal(String(await read(client, hello.length)), hello);
    const early = randomBytes(MIB);
    client.write(Buffer.concat([Buffer.from('taken\n'), early]));
    assert.equal(await spare.taken, 'taken');
    const pair = spare.serve({ target, preface, halfCloseTimeout });
    const service = await target.next();
    const [seen, served] = [outcome(client), outcome(service)];
    client.end('and more');
    assert.ok((await served).data.equals(Buffer.concat([preface, early, Buffer.from('and more')])));
    service.end('answer');
    assert.deepEqual(await seen, { data: Buffer.from('answer'), ending: 'eof' });
    const report = { bytesToServer: MIB + 8, bytesToClient: 6, ending: 'eof', firstEnd: 'client' };
    assert.deepEqual(await pair.ended, report);
  });

  test('loses a spare that is cut while hands are shaken, or later', async (t) => {
    for (const relay of [await silentRelay(t), await tlsRelay(t)]) {
      const spare = dialSpare({ relay });
      const arrived = relay.next();
      const lost = assert.rejects(spare.taken, { side: 'relay' });
      const gone = outcome(await arrived);
      spare.cut();
      await lost;
      await gone;
    }
  });

  test('is joined with a server object, and counts what is not encrypted', async (t) => {
    const relay = await tlsRelay(t);
    const server = createPlainServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    const pair = handToServer(dial(relay, true, overTls(relay.tls)), hello, server, undefined);
    const client = await relay.next();
    const seen = outcome(client);
    client.end('request');
    assert.equal(String((await seen).data), `${hello}request`);
    assert.deepEqual(await pair.ended, {
      bytesToServer: 7,
      bytesToClient: 7,
      ending: 'eof',
      firstEnd: 'client',
    });
  });
});
