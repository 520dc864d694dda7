import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { type ConnectionOptions, connect, createServer as createTlsServer } from 'node:tls';
import {
  ClientHelloReader,
  LONGEST_CLIENT_HELLO,
  type ServerName,
} from '#src/protocol/client-hello.ts';
import { inChunks } from '../support/chunks.ts';
import {
  clientHello,
  clientHelloOf,
  extension,
  handMade,
  inRecords,
  record,
  serverName,
  vector,
} from '../support/client-hello.ts';
import { needs } from '../support/needs.ts';
import fc from '../support/properties.ts';
import { AUTHORITY, SERVER, VERSIONS } from '../support/tls.ts';

const HOST = 'blog.example.net';

/** The answer for bytes that come in these chunks, and how many of these it took. */
function read(chunks: Uint8Array[]): { answer: ServerName | undefined; count: number } {
  const reader = new ClientHelloReader();
  for (const [n, chunk] of chunks.entries()) {
    const answer = reader.add(Buffer.from(chunk));
    if (answer !== undefined) return { answer, count: n + 1 };
  }
  return { answer: undefined, count: chunks.length };
}

function nameIn(bytes: Uint8Array): ServerName | undefined {
  return read([bytes]).answer;
}

function octetByOctet(bytes: Uint8Array): Uint8Array[] {
  return inChunks(bytes, Array(bytes.length).fill(1)).slice(0, bytes.length);
}

/** Of a key exchange such as X25519MLKEM768, and of a long ticket. */
function largeHello(octets: number): Buffer {
  return handMade([extension(51, Buffer.alloc(octets)), serverName(HOST)]);
}

describe('the name in a ClientHello', () => {
  const kinds: [string, ConnectionOptions][] = [
    ...VERSIONS.map((version): [string, ConnectionOptions] => [
      version,
      { minVersion: version, maxVersion: version },
    ]),
    ['either version', { minVersion: 'TLSv1.2' }],
    ['ALPN', { ALPNProtocols: ['h2', 'http/1.1'] }],
    ['several curves', { ecdhCurve: 'P-521:P-384:P-256:X25519' }],
    ['one cipher', { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' }],
  ];
  for (const [kind, options] of kinds) {
    test(`is found in what Node sends: ${kind}`, async (t) => {
      const hello = await clientHello(t, { ...options, servername: HOST });
      assert.deepEqual(nameIn(hello), { host: HOST });
      assert.deepEqual(nameIn(await clientHello(t, options)), { fault: 'unnamed' });
    });
  }

  for (const version of VERSIONS) {
    test(`is found where a session is resumed: ${version}`, async (t) => {
      const session = await sessionOf(t, version);
      const options = { session, servername: HOST, minVersion: version, maxVersion: version };
      const hello = await clientHello(t, options);
      const fresh = await clientHello(t, { ...options, session: undefined });
      assert.ok(hello.length > fresh.length, 'no ticket in it');
      assert.deepEqual(nameIn(hello), { host: HOST });
    });
  }

  test('is found in what openssl sends', needs('openssl'), async (t) => {
    const hello = await clientHelloOf(t, (port) => {
      const to = ['-connect', `127.0.0.1:${port}`, '-servername', HOST];
      const openssl = spawn('openssl', ['s_client', ...to], { stdio: 'ignore' });
      const exited = once(openssl, 'exit');
      t.after(async () => {
        openssl.kill('SIGKILL');
        await exited;
      });
    });
    assert.deepEqual(nameIn(hello), { host: HOST });
  });

  test('is found behind keys of several kilobytes', () => {
    assert.deepEqual(nameIn(largeHello(8000)), { host: HOST });
  });

  test('is the same however the bytes come in chunks and the message in records', async (t) => {
    const hellos = [
      await clientHello(t, { servername: HOST }),
      await clientHello(t, {}),
      // Stays below the bound in records of one octet, which take six.
      largeHello(2000),
      handMade(),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...hellos),
        fc.option(fc.integer({ min: 1, max: 2000 }), { nil: undefined }),
        fc.array(fc.nat(700), { maxLength: 50 }),
        (hello, size, sizes) => {
          const bytes = size === undefined ? hello : inRecords(hello, size);
          assert.deepEqual(read(inChunks(bytes, sizes)).answer, nameIn(hello));
        },
      ),
    );
  });

  test('is known with the last octet of the ClientHello, one by one, and nothing of it changed', () => {
    const hello = inRecords(handMade([serverName(HOST)]), 1);
    assert.deepEqual(read(octetByOctet(hello)), { answer: { host: HOST }, count: hello.length });
    const reader = new ClientHelloReader();
    for (const octet of octetByOctet(hello)) reader.add(Buffer.from(octet));
    assert.deepEqual(reader.bytes, hello);
  });

  test('is found where more comes behind, which is kept', () => {
    const reader = new ClientHelloReader();
    const bytes = Buffer.concat([handMade([serverName(HOST)]), Buffer.alloc(70_000, 0xff)]);
    assert.deepEqual(reader.add(bytes), { host: HOST });
    assert.deepEqual(reader.bytes, bytes);
  });
});

describe('a ClientHello without a name', () => {
  for (const [what, extensions] of [
    ['no extensions', undefined],
    ['an empty list of them', []],
    ['another extension', [extension(16, Buffer.from([0, 3, 2, 104, 50]))]],
    ['no name in the list of names', [extension(0, vector(2, Buffer.alloc(0)))]],
    ['a name of another kind', [extension(0, vector(2, Buffer.from([1, 0, 1, 120])))]],
    ['an empty name', [serverName('')]],
  ] as const) {
    test(`is told from others: ${what}`, () => {
      assert.deepEqual(nameIn(handMade(extensions && [...extensions])), { fault: 'unnamed' });
    });
  }
});

describe('what is no ClientHello', () => {
  const hello = handMade([serverName(HOST)]);
  const changed = (at: number, octet: number) => {
    const bytes = Buffer.from(hello);
    bytes[at] = octet;
    return bytes;
  };

  for (const [what, bytes] of [
    ['another kind of record', changed(0, 21)],
    ['another protocol', changed(1, 2)],
    ['an empty record', Buffer.from([22, 3, 1, 0, 0])],
    ['another message', changed(5, 2)],
    ['a record too long to come', Buffer.from([22, 3, 1, 0x40, 0])],
    ['a session longer than the message', changed(9 + 34, 255)],
    ['a name longer than its list', handMade([extension(0, vector(2, Buffer.from([0, 0, 9])))])],
    ['a list of names longer than its extension', handMade([extension(0, Buffer.from([1, 0]))])],
    ['extensions that end in the middle', handMade([Buffer.from([0])])],
  ] as const) {
    test(`is known at once: ${what}`, () => {
      assert.deepEqual(nameIn(bytes), { fault: 'not-tls' });
    });
  }

  test('is known by its first octet', () => {
    for (let octet = 0; octet < 256; octet += 1) {
      const expected = octet === 22 ? undefined : { fault: 'not-tls' };
      assert.deepEqual(nameIn(Buffer.from([octet])), expected);
    }
  });

  test('is anything that goes on for too long', () => {
    const first = record(Buffer.concat([Buffer.from([1, 0xff, 0xff, 0xff])]));
    const more = record(Buffer.alloc(1));
    const endless = [first, ...Array<Buffer>(LONGEST_CLIENT_HELLO).fill(more)];
    const { answer, count } = read(endless);
    assert.deepEqual(answer, { fault: 'not-tls' });
    assert.ok(count * more.length < LONGEST_CLIENT_HELLO + 100);
    assert.deepEqual(nameIn(Buffer.concat(endless)), { fault: 'not-tls' });
  });

  test('has an answer within the bound, whatever it is, and the same in any chunks', () => {
    const beginning = fc.constantFrom<number[]>([], [22], [22, 3, 1], [22, 3, 3, 0, 50, 1, 0, 0]);
    const anything = fc
      .tuple(beginning, fc.uint8Array({ maxLength: 400 }))
      .map(([first, rest]) => Buffer.from([...first, ...rest]));
    fc.assert(
      fc.property(anything, fc.array(fc.nat(100)), (bytes, sizes) => {
        const whole = Buffer.concat([bytes, Buffer.alloc(LONGEST_CLIENT_HELLO)]);
        const { answer } = read(inChunks(whole, sizes));
        assert.notEqual(answer, undefined);
        assert.deepEqual(answer, nameIn(whole));
      }),
    );
  });

  test('has an answer whichever octet of a good one is another', () => {
    fc.assert(
      fc.property(fc.nat(hello.length - 1), fc.nat(255), (at, octet) => {
        const whole = Buffer.concat([changed(at, octet), Buffer.alloc(LONGEST_CLIENT_HELLO)]);
        assert.notEqual(nameIn(whole), undefined);
      }),
    );
  });
});

/** A session that a client may resume, with a ticket. */
async function sessionOf(t: TestContext, version: (typeof VERSIONS)[number]): Promise<Buffer> {
  const server = createTlsServer({ ...SERVER }, (socket) => socket.on('error', () => {}).end('x'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const versions = { minVersion: version, maxVersion: version };
  const trust = { ca: AUTHORITY.cert, servername: HOST, checkServerIdentity: () => undefined };
  const client = connect({ port: address.port, host: '127.0.0.1', ...trust, ...versions });
  const session = once(client, 'session');
  client.resume();
  const [ticket] = (await session) as [Buffer];
  client.destroy();
  return ticket;
}
