import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, isIPv4, SocketAddress } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type ConnectionEnd, proxyHeader } from '#src/agent/proxy-header.ts';
import { emptyFolder } from '../support/folder.ts';
import { needs } from '../support/needs.ts';
import { Program } from '../support/program.ts';
import fc from '../support/properties.ts';
import { outcome } from '../support/tcp.ts';

const SIGNATURE = '0d0a0d0a000d0a515549540a';

const end = (address: string, port: number): ConnectionEnd => ({ address, port });

function text(source: ConnectionEnd, destination: ConnectionEnd): string {
  return Buffer.from(proxyHeader('v1', source, destination)).toString('latin1');
}

/** In hexadecimal, without the signature that each begins with. */
function octets(source: ConnectionEnd, destination: ConnectionEnd): string {
  const hex = Buffer.from(proxyHeader('v2', source, destination)).toString('hex');
  assert.ok(hex.startsWith(SIGNATURE));
  return hex.slice(SIGNATURE.length);
}

describe('a PROXY header', () => {
  test('of version 1 is the line of the specification', () => {
    const line = text(end('192.168.0.1', 56324), end('192.168.0.11', 443));
    assert.equal(line, 'PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n');
  });

  test('of version 2 is the structure of the specification', () => {
    const header = octets(end('192.168.0.1', 56324), end('192.168.0.11', 443));
    assert.equal(header, '2111000c' + 'c0a80001' + 'c0a8000b' + 'dc04' + '01bb');
  });

  test('has IPv6 addresses in their shortest form, or in full', () => {
    const ends = [end('2001:DB8:0:0:0::1', 65535), end('::', 0)] as const;
    assert.equal(text(...ends), 'PROXY TCP6 2001:db8::1 :: 65535 0\r\n');
    const addresses = `20010db8${'0'.repeat(23)}1${'0'.repeat(32)}`;
    assert.equal(octets(...ends), `21210024${addresses}ffff0000`);
  });

  test('is as long as the longest that a receiver has to support', () => {
    const address = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
    assert.equal(text(end(address, 65535), end(address, 65535)).length, 104);
    const four = '255.255.255.255';
    assert.equal(text(end(four, 65535), end(four, 65535)).length, 56);
  });

  test('has no zone', () => {
    const ends = [end('fe80::1%eth0', 1), end('fe80::2%3', 2)] as const;
    assert.equal(text(...ends), 'PROXY TCP6 fe80::1 fe80::2 1 2\r\n');
  });

  test('takes an IPv4-mapped address for what it is', () => {
    for (const address of ['::ffff:192.0.2.1', '::FFFF:c000:201', '0:0:0:0:0:ffff:192.0.2.1']) {
      const line = text(end(address, 1), end('192.0.2.2', 2));
      assert.equal(line, 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n');
    }
  });

  test('maps the one IPv4 address of two into IPv6', () => {
    const [four, six] = [end('192.0.2.1', 1), end('2001:db8::2', 2)];
    assert.equal(text(four, six), 'PROXY TCP6 ::ffff:c000:201 2001:db8::2 1 2\r\n');
    assert.equal(text(six, four), 'PROXY TCP6 2001:db8::2 ::ffff:c000:201 2 1\r\n');
    const [one, other] = [`${'0'.repeat(20)}ffffc0000201`, `20010db8${'0'.repeat(23)}2`];
    assert.equal(octets(four, six), `21210024${one}${other}00010002`);
    assert.equal(octets(six, four), `21210024${other}${one}00020001`);
  });

  const good = end('192.0.2.1', 1);
  for (const bad of [
    end('', 1),
    end('client.example', 1),
    end('192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1', 1),
    end('192.0.2.1%\r\n', 1),
    end('192.0.2.01', 1),
    end('192.0.2.1', 65536),
    end('192.0.2.1', -1),
    end('192.0.2.1', 1.5),
    end('192.0.2.1', Number.NaN),
  ]) {
    test(`says nothing of ${JSON.stringify(bad)}`, () => {
      for (const ends of [
        [bad, good],
        [good, bad],
      ] as const) {
        assert.equal(text(...ends), 'PROXY UNKNOWN\r\n');
        assert.equal(octets(...ends), '20000000');
      }
    });
  }

  test('tells whose connection it is, whatever the addresses', () => {
    const port = fc.integer({ min: 0, max: 65535 });
    const any = fc.record({ address: fc.oneof(fc.ipV4(), fc.ipV6()), port });
    fc.assert(
      fc.property(any, any, (source, destination) => {
        const ends = [source, destination].map(({ address, port }) => [inIPv6(address), port]);
        const line = /^PROXY TCP[46] (\S+) (\S+) (\d+) (\d+)\r\n$/.exec(text(source, destination));
        const [, from = '', to = '', ...ports] = line ?? [];
        const [sourcePort, destinationPort] = ports.map(Number);
        assert.deepEqual(
          [
            [inIPv6(from), sourcePort],
            [inIPv6(to), destinationPort],
          ],
          ends,
        );

        const header = Buffer.from(octets(source, destination), 'hex');
        const size = (header.readUInt16BE(2) - 4) / 2;
        const [first, second] = [
          header.subarray(4, 4 + size),
          header.subarray(4 + size, 4 + 2 * size),
        ];
        const rest = header.subarray(4 + 2 * size);
        assert.equal(header.readUInt16BE(0), size === 4 ? 0x2111 : 0x2121);
        assert.deepEqual(
          [
            [inIPv6(spelt(first)), rest.readUInt16BE(0)],
            [inIPv6(spelt(second)), rest.readUInt16BE(2)],
          ],
          ends,
        );
        assert.equal(rest.length, 4);
      }),
    );
  });
});

/** The one way to write an address. */
function inIPv6(address: string): string {
  const family = 'ipv6';
  return new SocketAddress({ address: isIPv4(address) ? `::ffff:${address}` : address, family })
    .address;
}

function spelt(octets: Buffer): string {
  if (octets.length === 4) return octets.join('.');
  return [0, 2, 4, 6, 8, 10, 12, 14].map((at) => octets.readUInt16BE(at).toString(16)).join(':');
}

describe('a PROXY header, as HAProxy reads it', needs('haproxy'), () => {
  for (const version of ['v1', 'v2'] as const) {
    test(`tells it both ends, ${version}`, async (t) => {
      const ask = await haproxy(t);
      for (const [from, to] of [
        ['192.0.2.1', '198.51.100.2'],
        ['2001:db8::1', '2001:db8:0:1::'],
        ['192.0.2.1', '2001:db8::1'],
        ['2001:db8::1', '192.0.2.1'],
        ['fe80::1%eth0', '::ffff:192.0.2.1'],
      ] as const) {
        const seen = (await ask(proxyHeader(version, end(from, 65535), end(to, 1)))) ?? '';
        const [source = '', sourcePort, destination = '', destinationPort] = seen.split(' ');
        assert.deepEqual([inIPv6(source), sourcePort], [inIPv6(from.replace(/%.*/, '')), '65535']);
        assert.deepEqual([inIPv6(destination), destinationPort], [inIPv6(to), '1']);
      }
    });

    test(`tells it that nothing is known, ${version}`, async (t) => {
      const ask = await haproxy(t);
      // Those of a connection to a unix socket, which has none.
      assert.equal(await ask(proxyHeader(version, end('', 0), end('', 0))), '   ');
    });
  }

  test('that is none is refused', async (t) => {
    const ask = await haproxy(t);
    assert.equal(await ask(Buffer.from('PROXY TCP4 192.0.2.1 2001:db8::1 1 2\r\n')), undefined);
  });
});

/** An HAProxy that takes connections with a header only, and answers with the ends that it learned. */
async function haproxy(
  t: TestContext,
): Promise<(header: Uint8Array) => Promise<string | undefined>> {
  const folder = await emptyFolder(t);
  const path = join(folder, 'in.sock');
  const config = join(folder, 'haproxy.cfg');
  await writeFile(
    config,
    `defaults
  mode http
  timeout client 10s
frontend in
  bind unix@${path} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src] %[src_port] %[dst] %[dst_port]"
`,
  );
  const program = new Program(t, 'haproxy', ['-db', '-f', config]);
  while (!(await answers(path))) {
    if (program.child.exitCode !== null) throw new Error(program.output);
    await delay(10);
  }
  return async (header) => {
    const socket = connect({ path });
    const seen = outcome(socket);
    socket.on('error', () => {}).write(header);
    socket.write('GET / HTTP/1.0\r\n\r\n');
    const { data } = await seen;
    return String(data).split('\r\n\r\n')[1];
  };
}

/** Its file may be there a moment before it listens. */
async function answers(path: string): Promise<boolean> {
  const socket = connect({ path });
  const isThere = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isThere;
}
