import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LONGEST_HEAD, type RequestHead, RequestHeadReader } from '#src/protocol/http-head.ts';
import { inChunks } from '../support/chunks.ts';
import fc from '../support/properties.ts';

/** The answer for bytes that come in these chunks. */
function read(chunks: Uint8Array[]): RequestHead | undefined {
  const reader = new RequestHeadReader();
  for (const chunk of chunks) {
    const answer = reader.add(Buffer.from(chunk));
    if (answer !== undefined) return answer;
  }
  return undefined;
}

function headOf(text: string): RequestHead | undefined {
  return read([Buffer.from(text, 'latin1')]);
}

/** Of a request with these lines. */
function lines(...all: string[]): string {
  return `${all.join('\r\n')}\r\n\r\n`;
}

describe('the host of a request', () => {
  for (const [what, request, host] of [
    ['Host', lines('GET / HTTP/1.1', 'Host: blog.test'), 'blog.test'],
    ['HTTP/1.0', lines('GET / HTTP/1.0', 'Host: blog.test'), 'blog.test'],
    ['no space', lines('GET / HTTP/1.1', 'Host:blog.test'), 'blog.test'],
    ['spaces', lines('GET / HTTP/1.1', 'Host: \t blog.test \t'), 'blog.test'],
    ['another case', lines('GET / HTTP/1.1', 'hOST: Blog.Test'), 'Blog.Test'],
    ['a port', lines('GET / HTTP/1.1', 'Host: blog.test:8080'), 'blog.test'],
    ['an empty port', lines('GET / HTTP/1.1', 'Host: blog.test:'), 'blog.test'],
    ['a dot at the end', lines('GET / HTTP/1.1', 'Host: blog.test.'), 'blog.test.'],
    ['an IPv6 address', lines('GET / HTTP/1.1', 'Host: [::1]:80'), '[::1]'],
    ['nothing', lines('GET / HTTP/1.1', 'Host:'), ''],
    ['among others', lines('GET /?q HTTP/1.1', 'X-Host: a', 'Host: b', 'Hosts: c'), 'b'],
    ['octets over 127', lines('GET /\xe9 HTTP/1.1', 'X: \xe9', 'Host: b'), 'b'],
    ['the whole server', lines('OPTIONS * HTTP/1.1', 'Host: blog.test'), 'blog.test'],
    ['a URL', lines('GET http://blog.test/a HTTP/1.1', 'Host: other.test'), 'blog.test'],
    ['a URL, no path', lines('GET ws://blog.test:1?q HTTP/1.1', 'Host: other.test'), 'blog.test'],
  ] as const) {
    test(`is found: ${what}`, () => {
      assert.deepEqual(headOf(request), { host });
    });
  }

  test('is the same however the bytes come in chunks', () => {
    const requests = [
      lines('GET / HTTP/1.1', 'Accept: */*', 'Host: blog.test', 'Cookie: a=b'),
      lines('GET / HTTP/1.1', 'Accept: */*'),
      lines('POST / HTTP/1.1', 'Host: a.test', 'Host: b.test'),
      lines('PRI * HTTP/2.0', '', 'SM'),
      'GET / HTTP/1.1\nHost: blog.test\n\n',
    ].map((text) => Buffer.from(text));
    fc.assert(
      fc.property(fc.constantFrom(...requests), fc.array(fc.nat(20)), (bytes, sizes) => {
        const expected = read([bytes]);
        assert.notEqual(expected, undefined);
        assert.deepEqual(read(inChunks(bytes, sizes)), expected);
      }),
    );
  });

  test('leaves the request as it is, and what comes behind its head', () => {
    const body = Buffer.alloc(70_000, 0);
    const bytes = Buffer.concat([Buffer.from(lines('PUT / HTTP/1.1', 'Host: b')), body]);
    const reader = new RequestHeadReader();
    assert.equal(reader.add(bytes.subarray(0, 10)), undefined);
    assert.deepEqual(reader.add(bytes.subarray(10)), { host: 'b' });
    assert.equal(reader.method, 'PUT');
    assert.deepEqual(reader.bytes, bytes);
  });
});

describe('what two readers might understand differently', () => {
  for (const [what, request] of [
    ['no Host', lines('GET / HTTP/1.1')],
    ['no Host in HTTP/1.0', lines('GET / HTTP/1.0')],
    ['no Host beside a URL', lines('GET http://blog.test/ HTTP/1.1')],
    ['two Hosts', lines('GET / HTTP/1.1', 'Host: a.test', 'Host: b.test')],
    ['the same Host twice', lines('GET / HTTP/1.1', 'Host: a.test', 'host: a.test')],
    ['two names in Host', lines('GET / HTTP/1.1', 'Host: a.test b.test')],
    ['a path in Host', lines('GET / HTTP/1.1', 'Host: a.test/b')],
    ['a user in Host', lines('GET / HTTP/1.1', 'Host: a@b.test')],
    ['a broken Host beside a URL', lines('GET http://a.test/ HTTP/1.1', 'Host: /')],
    ['a user in a URL', lines('GET http://a@b.test/ HTTP/1.1', 'Host: b.test')],
    ['a port that is none', lines('GET / HTTP/1.1', 'Host: a.test:b')],
    ['a space before the colon', lines('GET / HTTP/1.1', 'Host : a.test')],
    ['a space before the name', lines('GET / HTTP/1.1', ' Host: a.test')],
    ['a line that goes on', lines('GET / HTTP/1.1', 'Host: a.test', 'X: a', '\tb')],
    ['a field without a name', lines('GET / HTTP/1.1', 'Host: a.test', ': b')],
    ['a line without a colon', lines('GET / HTTP/1.1', 'Host: a.test', 'b')],
    ['a NUL', lines('GET / HTTP/1.1', 'Host: a.test\0')],
    ['a control character', lines('GET / HTTP/1.1', 'Host: a.test', 'X: \x7f')],
    ['a carriage return alone', lines('GET / HTTP/1.1', 'X: a\rHost: a.test', 'Host: b.test')],
    ['a line feed alone', 'GET / HTTP/1.1\r\nX: a\nHost: a.test\r\n\r\n'],
    ['line feeds alone', 'GET / HTTP/1.1\nHost: a.test\n\n'],
    ['an empty line before', `\r\n${lines('GET / HTTP/1.1', 'Host: a.test')}`],
    ['two spaces', lines('GET  / HTTP/1.1', 'Host: a.test')],
    ['a space in the target', lines('GET /a b HTTP/1.1', 'Host: a.test')],
    ['a space at the end', lines('GET / HTTP/1.1 ', 'Host: a.test')],
    ['no version', lines('GET /', 'Host: a.test')],
    ['lower case', lines('GET / http/1.1', 'Host: a.test')],
    ['a target that is none', lines('GET a.test HTTP/1.1', 'Host: a.test')],
    ['a tunnel', lines('CONNECT a.test:443 HTTP/1.1', 'Host: a.test')],
  ] as const) {
    test(`is a bad request: ${what}`, () => {
      assert.deepEqual(headOf(request), { fault: 'bad-request' });
    });
  }

  test('is known as soon as the first line is there', () => {
    assert.deepEqual(headOf('SSH-2.0-OpenSSH_9.2\r\n'), { fault: 'bad-request' });
    assert.equal(headOf('GET / HTTP/1.1\r\n'), undefined);
  });

  test('is known by an octet that begins no method', () => {
    for (const octet of [0x16, 0x00, 0x0d, 0x20, 0x5b, 0xff]) {
      assert.deepEqual(read([Buffer.from([octet])]), { fault: 'bad-request' });
    }
  });
});

describe('another version', () => {
  test('is told from a bad request', () => {
    for (const version of ['2.0', '3.0', '0.9', '1.2']) {
      assert.deepEqual(headOf(`GET / HTTP/${version}\r\n`), { fault: 'http-version' });
    }
  });

  test('is HTTP/2 where its preface comes', () => {
    assert.deepEqual(headOf('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), { fault: 'http2' });
  });
});

describe('a head that is too large', () => {
  const beginning = 'GET / HTTP/1.1\r\nHost: a.test\r\nX: ';
  const headOfSize = (octets: number) => `${beginning.padEnd(octets - 4, 'x')}\r\n\r\n`;

  test('is one octet larger than the largest', () => {
    assert.deepEqual(headOf(headOfSize(LONGEST_HEAD)), { host: 'a.test' });
    assert.deepEqual(headOf(headOfSize(LONGEST_HEAD + 1)), { fault: 'head-too-large' });
  });

  test('is known before it ends, in many lines as in one', () => {
    assert.deepEqual(headOf(beginning.padEnd(LONGEST_HEAD, 'x')), { fault: 'head-too-large' });
    const many = `GET / HTTP/1.1\r\n${'a:\r\n'.repeat(LONGEST_HEAD)}`;
    assert.deepEqual(headOf(many), { fault: 'head-too-large' });
  });

  test('takes no longer for what it is made of', () => {
    for (const filling of [' ', '\t', '/', ':', 'a ', '[', '.', '%']) {
      const target = `GET /${filling.repeat(16_000)} HTTP/1.1\r\n`;
      const host = `GET / HTTP/1.1\r\nHost: ${filling.repeat(8000)}/\r\n\r\n`;
      const url = `GET a://${filling.repeat(8000)}@ HTTP/1.1\r\nHost: a\r\n\r\n`;
      const start = process.cpuUsage();
      for (const request of [target, host, url]) headOf(request);
      assert.ok(process.cpuUsage(start).user < 50_000, `${filling} takes long`);
    }
  });
});

test('whatever comes has an answer within the bound, the same in any chunks', () => {
  const beginning = fc.constantFrom(
    '',
    'GET ',
    'GET / HTTP/1.1\r\n',
    'A / HTTP/1.1\r\nHost: a\r\n',
  );
  const anything = fc
    .tuple(beginning, fc.uint8Array({ maxLength: 300 }))
    .map(([first, rest]) => Buffer.concat([Buffer.from(first), rest]));
  fc.assert(
    fc.property(anything, fc.array(fc.nat(100)), (bytes, sizes) => {
      const whole = Buffer.concat([bytes, Buffer.alloc(LONGEST_HEAD, 'x')]);
      const answer = read(inChunks(whole, sizes));
      assert.notEqual(answer, undefined);
      assert.deepEqual(answer, read([whole]));
    }),
  );
});
