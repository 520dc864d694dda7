import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { type ConnectionOptions, createServer, type TlsOptions } from 'node:tls';
import { type Dial, dial } from '#src/data-plane/portable/sockets.ts';
import { overTls } from '#src/data-plane/portable/tls.ts';
import { createAuthority } from '../../support/certificates.ts';
import { nowhere } from '../../support/station.ts';
import { outcome, serve } from '../../support/tcp.ts';
import { AUTHORITY, SERVER, VERSIONS } from '../../support/tls.ts';

const TRUSTING: ConnectionOptions = { ca: AUTHORITY.cert };

/** A TLS server that answers with what it got, and the plain sockets that it accepted. */
async function serveTls(
  t: TestContext,
  options: TlsOptions = {},
): Promise<{ port: number; names: unknown[]; sockets: Socket[] }> {
  const encrypted = createServer({ ...SERVER, ...options });
  const names: unknown[] = [];
  const sockets: Socket[] = [];
  encrypted.on('secureConnection', (socket) => {
    socket.on('error', () => {});
    names.push(socket.servername);
    socket.pipe(socket);
  });
  encrypted.on('connection', (socket) => sockets.push(socket));
  encrypted.listen(0, '127.0.0.1');
  t.after(() => {
    encrypted.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(encrypted, 'listening');
  const address = encrypted.address();
  assert.ok(address !== null && typeof address === 'object');
  return { port: address.port, names, sockets };
}

/** The dial fails in this way, and the server is left. */
async function assertFails(
  { connected }: Dial,
  expected: { code: string },
  sockets: Socket[] = [],
): Promise<void> {
  await assert.rejects(connected, expected);
  for (const socket of sockets)
    if (!socket.closed) await new Promise((r) => socket.once('close', r));
}

describe('a connection dialled with TLS', () => {
  for (const version of VERSIONS) {
    test(`is there when ${version} is, and ends each direction by itself`, async (t) => {
      const { port } = await serveTls(t, { maxVersion: version });
      const socket = await dial({ host: '127.0.0.1', port }, true, overTls(TRUSTING)).connected;
      const echoed = outcome(socket);
      socket.end('question');
      assert.deepEqual(await echoed, { data: Buffer.from('question'), ending: 'eof' });
    });
  }

  const NAMES: [host: string, servername: string | undefined, asked: string | false][] = [
    ['127.0.0.1', undefined, false],
    ['localhost', undefined, 'localhost'],
    ['127.0.0.1', 'localhost', 'localhost'],
    ['localhost', '127.0.0.1', false],
  ];
  for (const [host, servername, asked] of NAMES) {
    const by = servername === undefined ? '' : ` as ${servername}`;
    test(`to ${host}${by} is checked for that, and asks for ${asked || 'no name'}`, async (t) => {
      const { port, names } = await serveTls(t);
      const tls = servername === undefined ? TRUSTING : { ...TRUSTING, servername };
      const socket = await dial({ host, port }, true, overTls(tls)).connected;
      const echoed = outcome(socket);
      socket.end('x');
      await echoed;
      assert.deepEqual(names, [asked]);
    });
  }

  const BAD: Record<string, { server?: TlsOptions; tls?: ConnectionOptions; code: string }> = {
    'for another name': {
      tls: { ...TRUSTING, servername: 'relay.example.net' },
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    },
    'for another address': {
      tls: { ...TRUSTING, servername: '192.0.2.1' },
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    },
    'that has expired': { server: AUTHORITY.server('expired'), code: 'CERT_HAS_EXPIRED' },
    'of an unknown authority': {
      server: createAuthority('unknown').server(),
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    },
    'of an authority that only has the right name': {
      server: createAuthority('Test CA').server(),
      code: 'CERT_SIGNATURE_FAILURE',
    },
    'that is for clients only': { server: AUTHORITY.client('alice'), code: 'INVALID_PURPOSE' },
  };
  for (const version of VERSIONS) {
    for (const [which, { server = {}, tls = TRUSTING, code }] of Object.entries(BAD)) {
      test(`fails over ${version} for a certificate ${which}`, async (t) => {
        const { port, sockets } = await serveTls(t, { ...server, maxVersion: version });
        await assertFails(dial({ host: '127.0.0.1', port }, true, overTls(tls)), { code }, sockets);
      });
    }
  }

  test('fails when the server speaks nothing better than TLS 1.1', async (t) => {
    const { port, sockets } = await serveTls(t, {
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const code = 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION';
    await assertFails(
      dial({ host: '127.0.0.1', port }, true, overTls(TRUSTING)),
      { code },
      sockets,
    );
  });

  test('fails when the server is none of TLS', async (t) => {
    const { port } = await serve(t, (socket) => socket.write('220 mail.example.net ESMTP\r\n'));
    const code = 'ERR_SSL_WRONG_VERSION_NUMBER';
    await assertFails(dial({ host: '127.0.0.1', port }, true, overTls(TRUSTING)), { code });
  });

  for (const [how, end] of Object.entries({
    ends: (socket: Socket) => socket.end(),
    closes: (socket: Socket) => socket.destroy(),
    resets: (socket: Socket) => socket.resetAndDestroy(),
  })) {
    test(`fails when the server ${how} during the handshake`, async (t) => {
      const { port } = await serve(t, (socket) => socket.once('data', () => end(socket)));
      await assertFails(dial({ host: '127.0.0.1', port }, true, overTls(TRUSTING)), {
        code: 'ECONNRESET',
      });
    });
  }

  const GIVEN_UP: Record<string, [code: string, act: (t: TestContext, dialled: Dial) => void]> = {
    'fails when the server says nothing for ten seconds': [
      'ETIMEDOUT',
      (t) => t.mock.timers.tick(10_000),
    ],
    'can be given up during its handshake': ['ABORT_ERR', (_, dialled) => dialled.abort()],
  };
  for (const [what, [code, act]] of Object.entries(GIVEN_UP)) {
    test(what, async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const server = await serve(t, () => {});
      const accepted = once(server, 'connection');
      const dialled = dial({ host: '127.0.0.1', port: server.port }, true, overTls(TRUSTING));
      const [socket] = await accepted;
      await once(socket, 'data');
      const seen = outcome(socket);
      act(t, dialled);
      await assertFails(dialled, { code });
      assert.match((await seen).ending, /eof|ECONNRESET/);
    });
  }

  test('fails when its own certificate is none', async (t) => {
    const { port, sockets } = await serveTls(t);
    const tls = { ...TRUSTING, cert: 'none', key: 'none' };
    const code = 'ERR_OSSL_PEM_NO_START_LINE';
    await assertFails(dial({ host: '127.0.0.1', port }, true, overTls(tls)), { code }, sockets);
  });

  test('fails like a plain one when nobody listens', async (t) => {
    const dialled = dial(await nowhere(t), true, overTls(TRUSTING));
    await assertFails(dialled, { code: 'ECONNREFUSED' });
  });
});
