import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { TlsSource } from '#src/data-plane/data-plane.ts';
import { listen } from '#src/data-plane/portable/sockets.ts';
import { secure } from '#src/data-plane/portable/tls.ts';
import { createAuthority, pfx } from '../../support/certificates.ts';
import { source } from '../../support/pairs.ts';
import { connectTo, knock, outcome, read } from '../../support/tcp.ts';
import { AUTHORITY, connectSecurely, connectTapped, SERVER, VERSIONS } from '../../support/tls.ts';

/** The plain socket that was accepted, and what comes of its handshake. */
interface Attempt {
  socket: Socket;
  secured: Promise<TLSSocket>;
}

/** A port whose connections are encrypted, and what becomes of each in turn. */
async function accepting(
  t: TestContext,
  tls: TlsSource,
): Promise<{ port: number; next(): Promise<Attempt> }> {
  const attempts: Attempt[] = [];
  let wake = () => {};
  const listener = await listen({ host: '127.0.0.1', port: 0 }, (socket) => {
    t.after(() => socket.destroy());
    const secured = secure(socket, tls);
    secured.catch(() => {});
    attempts.push({ socket, secured });
    wake();
  });
  t.after(() => listener.close());
  const next = async (): Promise<Attempt> => {
    for (;;) {
      const attempt = attempts.shift();
      if (attempt !== undefined) return attempt;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { port: listener.port, next };
}

/** The handshake fails, and leaves nothing open. */
async function assertRefused({ socket, secured }: Attempt): Promise<void> {
  const closed = socket.closed ? undefined : once(socket, 'close');
  await assert.rejects(secured);
  await closed;
  assert.ok(socket.destroyed);
}

/** How a connection ended, when it has closed. */
function endOf(socket: Socket): Promise<'eof' | 'broken'> {
  return new Promise((resolve) => {
    socket.resume().once('close', () => resolve(socket.readableEnded ? 'eof' : 'broken'));
  });
}

describe('an accepted connection', () => {
  for (const version of VERSIONS) {
    test(`is paused and speaks ${version} once its handshake is done`, async (t) => {
      const { port, next } = await accepting(t, source());
      const client = await connectSecurely(t, port, { maxVersion: version });
      const secured = await (await next()).secured;
      assert.equal(secured.getProtocol(), version);
      assert.equal(secured.isPaused(), true);
      assert.equal(secured.remotePort, client.localPort);
      client.write('question');
      assert.equal(String(await read(secured, 8)), 'question');
      secured.write('answer');
      assert.equal(String(await read(client, 6)), 'answer');
    });
  }

  test('may have been read from, if that is put back', async (t) => {
    const listener = await listen({ host: '127.0.0.1', port: 0 }, async (socket) => {
      const [first] = await read(socket, 1);
      assert.equal(first, 0x16);
      socket.unshift(Buffer.from([0x16]));
      const secured = await secure(socket, source());
      secured.end(await read(secured, 8));
    });
    t.after(() => listener.close());
    const client = await connectSecurely(t, listener.port);
    client.write('question');
    assert.deepEqual(await outcome(client), { data: Buffer.from('question'), ending: 'eof' });
  });

  test('gets the certificate that is there when it comes', async (t) => {
    const other = createAuthority('another');
    let current = { ...SERVER };
    const { port } = await accepting(t, () => current);
    await connectSecurely(t, port);
    current = { ...other.server() };
    await connectSecurely(t, port, { ca: other.cert });
    await assert.rejects(connectSecurely(t, port), /certificate/);
  });

  test('gets a certificate out of a PKCS #12 file', async (t) => {
    const file = { pfx: pfx(SERVER, 'secret'), passphrase: 'secret' };
    const { port } = await accepting(t, () => file);
    await connectSecurely(t, port);
  });

  test('is closed when the certificate is none', async (t) => {
    const broken = { cert: 'none', key: 'none' };
    const { port, next } = await accepting(t, () => broken);
    const seen = knock(port);
    await assertRefused(await next());
    assert.equal(await seen, 'ECONNRESET');
  });

  test('is closed when it is not TLS', async (t) => {
    const { port, next } = await accepting(t, source());
    const client = await connectTo(t, port);
    client.write('GET / HTTP/1.1\r\n\r\n');
    client.resume();
    await assertRefused(await next());
  });

  test('is closed when it offers nothing better than TLS 1.1', async (t) => {
    const { port, next } = await accepting(t, source());
    const outdated: ConnectionOptions = {
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    };
    await assert.rejects(connectSecurely(t, port, outdated));
    await assertRefused(await next());
  });

  for (const [how, leave] of Object.entries({
    ends: (client: Socket) => client.end(),
    'is reset': (client: Socket) => client.resetAndDestroy(),
  })) {
    for (const beginning of [[], [0x16, 3, 1]]) {
      const when = `after ${beginning.length} bytes of a handshake`;
      test(`that ${how} ${when} leaves nothing open`, async (t) => {
        // It would be given up after five seconds in any case.
        t.mock.timers.enable({ apis: ['setTimeout'] });
        const { port, next } = await accepting(t, source());
        const client = await connectTo(t, port);
        const attempt = await next();
        client.write(Buffer.from(beginning));
        leave(client);
        await assertRefused(attempt);
      });
    }
  }

  test('that is destroyed during or before its handshake is none', async (t) => {
    const { port, next } = await accepting(t, source());
    await connectTo(t, port);
    const attempt = await next();
    attempt.socket.destroy();
    await assertRefused(attempt);
    await assert.rejects(secure(attempt.socket, source()));
  });

  for (const beginning of [[], [0x16, 3, 1, 2, 0, 1]]) {
    test(`is reset five seconds after ${beginning.length} bytes of a handshake`, async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const { port, next } = await accepting(t, source());
      const client = await connectTo(t, port, { noDelay: true });
      const seen = outcome(client);
      const attempt = await next();
      for (const byte of beginning) {
        t.mock.timers.tick(800);
        const bytesRead = attempt.socket.bytesRead;
        client.write(Buffer.from([byte]));
        while (attempt.socket.bytesRead === bytesRead) await new Promise(setImmediate);
      }
      t.mock.timers.tick(4999 - 800 * beginning.length);
      assert.equal(attempt.socket.destroyed, false);
      t.mock.timers.tick(1);
      await assertRefused(attempt);
      assert.equal((await seen).ending, 'ECONNRESET');
    });
  }

  test('is offered no protocol, whatever it asks for', async (t) => {
    const { port, next } = await accepting(t, source());
    const client = await connectSecurely(t, port, { ALPNProtocols: ['h2', 'http/1.1'] });
    assert.equal(client.alpnProtocol, false);
    await (await next()).secured;
  });

  test('is reset when it begins another handshake', async (t) => {
    const { port, next } = await accepting(t, source());
    const client = await connectSecurely(t, port, { maxVersion: 'TLSv1.2' });
    const secured = await (await next()).secured;
    const seen = endOf(secured);
    client.renegotiate({}, () => {});
    assert.equal(await seen, 'broken');
  });

  for (const version of VERSIONS) {
    test(`is reset when ${version} is broken later, and does not seem to end`, async (t) => {
      const { port, next } = await accepting(t, source());
      const client = await connectTapped(t, port, { maxVersion: version });
      const secured = await (await next()).secured;
      const seen = endOf(secured);
      client.tcp.end(Buffer.from([0x17, 3, 3, 0, 32, ...Buffer.alloc(32)]));
      assert.equal(await seen, 'broken');
    });
  }
});

describe('a client certificate', () => {
  const own = AUTHORITY.client('alice');
  const asked = source({ ca: AUTHORITY.cert, requestCert: true });

  const BAD: Record<string, ConnectionOptions> = {
    'that is missing': {},
    'that has expired': AUTHORITY.client('alice', 'expired'),
    'of another authority': createAuthority().client('alice'),
    'of another authority with the same name': createAuthority('Test CA').client('alice'),
    'that is for servers only': SERVER,
  };

  for (const version of VERSIONS) {
    test(`is let in over ${version}, also when its session is resumed`, async (t) => {
      const { port, next } = await accepting(t, asked);
      let session: Buffer | undefined;
      for (const isResumed of [false, true]) {
        const socket = await connectTo(t, port);
        const client = connect({
          socket,
          host: 'localhost',
          ca: AUTHORITY.cert,
          maxVersion: version,
          ...own,
          ...(session && { session }),
        });
        client.on('session', (ticket: Buffer) => {
          session = ticket;
        });
        await once(client, 'secureConnect');
        assert.equal(client.isSessionReused(), isResumed);
        const secured = await (await next()).secured;
        assert.equal(secured.getPeerCertificate().subject.CN, 'alice');
        // Tickets come in front of it.
        secured.write('x');
        await read(client, 1);
      }
    });

    for (const [which, options] of Object.entries(BAD)) {
      test(`${which} is refused over ${version}`, async (t) => {
        const { port, next } = await accepting(t, asked);
        const client = connectSecurely(t, port, { maxVersion: version, ...options });
        client.then(
          (socket) => socket.resume(),
          () => {},
        );
        await assertRefused(await next());
        await client.catch(() => {});
      });
    }
  }
});
