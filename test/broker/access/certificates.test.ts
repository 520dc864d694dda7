import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type ConnectionOptions, connect } from 'node:tls';
import { Certificates } from '#src/broker/access/certificates.ts';
import type { TlsFiles } from '#src/broker/access/tls-identity.ts';
import type { TlsSource } from '#src/data-plane/data-plane.ts';
import { secure } from '#src/data-plane/portable/tls.ts';
import { createAuthority, type Identity, pfx } from '../../support/certificates.ts';
import { emptyFolder } from '../../support/folder.ts';
import { serve } from '../../support/tcp.ts';

// Made in advance: finding primes holds up handshakes, which have but a few seconds.
const servers = createAuthority('Servers');
const agents = createAuthority('Agents');
const others = createAuthority('Agents');
const first = servers.server();
const second = servers.server();
const good = agents.client('good');
const other = others.client('good');
const strangers = [{}, other, servers.client('good'), agents.client('good', 'expired')];

const pem = ({ cert, key }: Identity) => ({ tlsCert: cert, tlsKey: key });

/** Certificates from files with these contents. */
async function openFiles(t: TestContext, contents: TlsFiles<string | Buffer>) {
  const folder = await emptyFolder(t);
  const names: TlsFiles<string> = {};
  for (const [file, content = ''] of Object.entries(contents)) {
    names[file as keyof typeof names] = join(folder, file);
    await writeFile(join(folder, file), content);
  }
  const events = new EventEmitter<{ failed: [message: string] }>();
  const faults: string[] = [];
  const certificates = await Certificates.open(names, ({ message }) => {
    faults.push(message.replaceAll(`${folder}/`, ''));
    events.emit('failed', message);
  });
  t.after(() => certificates.close());
  const write = (file: keyof typeof names, content: string) =>
    writeFile(join(folder, file), content);
  return { folder, certificates, write, faults, failed: () => once(events, 'failed') };
}

/** A port where everybody who gets through the handshake is greeted. */
async function greeter(t: TestContext, source: TlsSource): Promise<number> {
  const { port } = await serve(t, (socket) => {
    secure(socket, source).then(
      (secured) => secured.resume().end('hello'),
      () => {},
    );
  });
  return port;
}

interface Visit {
  /** What was read, or undefined when the connection failed. */
  greeting: string | undefined;
  /** Of the server's certificate. */
  fingerprint: string | undefined;
  resumed: boolean;
  session: Buffer | undefined;
}

async function visit(port: number, options: ConnectionOptions = {}): Promise<Visit> {
  const socket = connect({ host: '127.0.0.1', port, ca: servers.cert, ...options });
  let greeting = '';
  let failed = false;
  let fingerprint: string | undefined;
  let resumed = false;
  let session: Buffer | undefined;
  socket.on('secureConnect', () => {
    fingerprint = socket.getPeerX509Certificate()?.fingerprint256;
    resumed = socket.isSessionReused();
  });
  socket.on('session', (given) => {
    session = given;
  });
  socket.on('data', (chunk) => {
    greeting += chunk;
  });
  socket.on('error', () => {
    failed = true;
  });
  await new Promise((resolve) => socket.on('close', resolve));
  return { greeting: failed ? undefined : greeting, fingerprint, resumed, session };
}

async function greeted(port: number, options?: ConnectionOptions): Promise<boolean> {
  return (await visit(port, options)).greeting === 'hello';
}

/** Waits until a source gives something else than it did. */
async function renewed(source: TlsSource, before = source()): Promise<void> {
  while (source() === before) await delay(20);
}

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

describe('certificates', { concurrency: true }, () => {
  test('from PEM, from an encrypted key and from PKCS #12, clients are served', async (t) => {
    const encrypted = createPrivateKey(first.key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'open sesame',
    });
    const kinds: TlsFiles<string | Buffer>[] = [
      pem(first),
      { tlsCert: first.cert, tlsKey: String(encrypted), tlsPassphraseFile: 'open sesame\r\n' },
      { tlsPfx: pfx(first, 'open sesame'), tlsPassphraseFile: 'open sesame\n' },
    ];
    for (const kind of kinds) {
      const { certificates } = await openFiles(t, kind);
      for (const source of [certificates.agents, certificates.clients]) {
        assert.equal(source(), source());
        assert.equal(await greeted(await greeter(t, source)), true);
      }
    }
  });

  test('nothing below TLS 1.2 is spoken', async (t) => {
    const { certificates } = await openFiles(t, pem(first));
    const port = await greeter(t, certificates.agents);
    for (const version of VERSIONS) {
      assert.equal(await greeted(port, { minVersion: version, maxVersion: version }), true);
    }
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const;
    assert.equal(await greeted(port, old), false);
  });

  for (const version of VERSIONS) {
    test(`agents without a certificate of the authority are refused, clients are not: ${version}`, async (t) => {
      const files = { ...pem(first), tlsClientCa: agents.cert };
      const { certificates } = await openFiles(t, files);
      const [guarded, open] = [
        await greeter(t, certificates.agents),
        await greeter(t, certificates.clients),
      ];
      assert.equal(await greeted(guarded, { ...good, maxVersion: version }), true);
      for (const stranger of strangers) {
        assert.equal(await greeted(guarded, { ...stranger, maxVersion: version }), false);
        assert.equal(await greeted(open, { ...stranger, maxVersion: version }), true);
      }
    });

    test(`a session of a public port opens no door for agents: ${version}`, async (t) => {
      const files = { ...pem(first), tlsClientCa: agents.cert };
      const { certificates } = await openFiles(t, files);
      const [guarded, open] = [
        await greeter(t, certificates.agents),
        await greeter(t, certificates.clients),
      ];
      const own = await visit(guarded, { ...good, maxVersion: version });
      assert.ok(own.session);
      const again = await visit(guarded, { ...good, maxVersion: version, session: own.session });
      assert.deepEqual([again.greeting, again.resumed], ['hello', true]);
      const stranger = await visit(open, { maxVersion: version });
      assert.ok(stranger.session);
      assert.ok((await visit(open, { maxVersion: version, session: stranger.session })).resumed);
      assert.equal(
        await greeted(guarded, { maxVersion: version, session: stranger.session }),
        false,
      );
    });
  }

  test('an authority that is replaced lets nobody in any more, not even by an old session', async (t) => {
    const { certificates, write } = await openFiles(t, { ...pem(first), tlsClientCa: agents.cert });
    const port = await greeter(t, certificates.agents);
    const { session } = await visit(port, good);
    const change = renewed(certificates.agents);
    await write('tlsClientCa', others.cert);
    await change;
    assert.ok(session);
    assert.equal(await greeted(port, good), false);
    assert.equal(await greeted(port, { ...good, session }), false);
    assert.equal(await greeted(port, other), true);
  });

  test('a certificate and its key may be replaced one after the other', async (t) => {
    const { folder, certificates, write, faults } = await openFiles(t, pem(first));
    const port = await greeter(t, certificates.agents);
    const before = await visit(port);
    const change = renewed(certificates.agents);
    await write('tlsCert', second.cert);
    assert.equal((await visit(port)).fingerprint, before.fingerprint);
    await writeFile(join(folder, 'new'), second.key);
    await rename(join(folder, 'new'), join(folder, 'tlsKey'));
    await change;
    const after = await visit(port);
    assert.equal(after.greeting, 'hello');
    assert.notEqual(after.fingerprint, before.fingerprint);
    assert.deepEqual(faults, []);
  });

  test('a pair that does not fit is told of, and the old one goes on', async (t) => {
    const { certificates, write, faults, failed } = await openFiles(t, pem(first));
    const port = await greeter(t, certificates.agents);
    const told = failed();
    await write('tlsKey', second.key);
    await told;
    assert.deepEqual(faults, [
      'Cannot use the file of tlsKey, tlsKey: expected the key of the certificate in tlsCert.',
    ]);
    assert.equal(await greeted(port), true);
  });

  test('a file that has gone is told of, and what it held goes on', async (t) => {
    const files = { ...pem(first), tlsClientCa: agents.cert };
    const { folder, certificates, faults, failed } = await openFiles(t, files);
    const port = await greeter(t, certificates.agents);
    const told = failed();
    await rm(join(folder, 'tlsClientCa'));
    await told;
    assert.deepEqual(faults, [
      'Cannot read the file of tlsClientCa, tlsClientCa: no such file or socket.',
    ]);
    assert.equal(await greeted(port, good), true);
    assert.equal(await greeted(port), false);
  });

  test('files that cannot be used are refused at the start, by the name of their option', async (t) => {
    const cases: [contents: TlsFiles<string | Buffer>, fault: RegExp][] = [
      [{ ...pem(first), tlsKey: second.key }, /tlsKey: expected the key of the certificate in /],
      [{ ...pem(first), tlsCert: '' }, /tlsCert: expected a certificate in PEM/],
      [{ ...pem(first), tlsCert: 'hello' }, /tlsCert: expected a certificate in PEM/],
      [{ ...pem(first), tlsKey: '' }, /tlsKey: expected a private key in PEM/],
      [{ ...pem(first), tlsKey: first.cert }, /tlsKey: expected a private key in PEM/],
      [{ tlsPfx: '' }, /tlsPfx: expected a certificate with its key in PKCS #12/],
      [
        { tlsPfx: pfx(first, 'sesame'), tlsPassphraseFile: 'barley' },
        /tlsPfx: expected a certificate with its key in PKCS #12 .*mac verify failure/,
      ],
      [{ ...pem(first), tlsClientCa: '' }, /tlsClientCa: expected the certificates of auth/],
      [{ ...pem(first), tlsClientCa: 'hello' }, /tlsClientCa: expected the certificates of auth/],
      [
        { ...pem(first), tlsClientCa: agents.cert + servers.cert.slice(0, 400) },
        /tlsClientCa: expected the certificates of auth/,
      ],
    ];
    for (const [contents, fault] of cases) {
      await assert.rejects(openFiles(t, contents), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'E_TLS');
        assert.match(error.message, /^Cannot use the file of tls\w+, .*\.$/);
        assert.match(error.message, fault);
        assert.doesNotMatch(error.message, /sesame|barley|BEGIN/);
        return true;
      });
    }
    await assert.rejects(
      Certificates.open({ tlsCert: '/none', tlsKey: '/none' }, () => {}),
      { code: 'E_TLS', message: 'Cannot read the file of tlsCert, /none: no such file or socket.' },
    );
  });
});
