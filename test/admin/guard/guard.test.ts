import assert from 'node:assert/strict';
import test from 'node:test';
import { type Caller, Guard } from '#src/admin/guard/guard.ts';
import { parseToken } from '#src/admin/guard/token.ts';
import { RelayError } from '#src/errors.ts';
import { isOwnHost } from '#src/http/loopback.ts';

const TOKEN = 'correct-horse-battery';

function caller(
  headers: Record<string, string> = {},
  { method = 'GET', address = '127.0.0.1' } = {},
): Caller {
  const all: Record<string, string> = { host: 'localhost:9090', ...headers };
  return { method, address, header: (name) => all[name] };
}

const shows = (token: string) => ({ authorization: `Bearer ${token}` });

function causeOf(guard: Guard, asked: Caller, now = 0): string | undefined {
  return guard.refuse(asked, now)?.cause;
}

test('without a token, this machine may look and change nothing', () => {
  const guard = new Guard(() => undefined, '127.0.0.1');
  assert.equal(causeOf(guard, caller()), undefined);
  assert.equal(causeOf(guard, caller({}, { method: 'HEAD' })), undefined);
  for (const method of ['POST', 'DELETE', 'PUT', 'OPTIONS']) {
    const refusal = guard.refuse(caller(shows(TOKEN), { method }), 0);
    assert.equal(refusal?.status, 403, method);
    assert.match(refusal?.message ?? '', /--admin-token-file/);
  }
});

test('with a token, whoever shows it may look and act, and nobody else may look', () => {
  const guard = new Guard(() => TOKEN, '127.0.0.1');
  assert.equal(causeOf(guard, caller(shows(TOKEN))), undefined);
  assert.equal(causeOf(guard, caller(shows(TOKEN), { method: 'DELETE' })), undefined);
  assert.equal(causeOf(guard, caller({ authorization: `bearer  ${TOKEN}` })), undefined);
  assert.equal(causeOf(guard, caller()), 'no-token');
  assert.equal(causeOf(guard, caller({ cookie: `token=${TOKEN}` })), 'no-token');
  assert.equal(causeOf(guard, caller({ authorization: `Basic ${TOKEN}` })), 'no-token');
});

test('a token that is not quite right is wrong', () => {
  for (const wrong of [`${TOKEN}x`, TOKEN.slice(1), TOKEN.toUpperCase()]) {
    assert.equal(causeOf(new Guard(() => TOKEN, '::1'), caller(shows(wrong))), 'wrong-token');
  }
});

test('whoever shows wrong tokens one after the other has to wait, and others need not', () => {
  const guard = new Guard(() => TOKEN, '127.0.0.1');
  const from = (address: string, token: string) => caller(shows(token), { address });
  for (let n = 0; n < 3; n += 1) {
    assert.equal(causeOf(guard, from('192.0.2.1', 'wrong'), 5000), 'wrong-token');
  }
  assert.equal(
    causeOf(guard, from('192.0.2.1', TOKEN), 5000),
    'barred',
    'nor is the right one looked at',
  );
  assert.equal(causeOf(guard, from('192.0.2.2', TOKEN), 5000), undefined);
  assert.equal(causeOf(guard, from('192.0.2.1', TOKEN), 5400), undefined, 'after a moment');
});

test('a stranger whose name means this machine learns nothing without a token', () => {
  const guard = new Guard(() => undefined, 'relay.internal');
  for (const host of [
    'localhost',
    'LOCALHOST:1',
    '127.0.0.1:9090',
    '127.9.9.9',
    '[::1]:9090',
    'relay.internal:9090',
  ]) {
    assert.equal(causeOf(guard, caller({ host })), undefined, host);
  }
  for (const host of [
    'evil.example',
    'evil.example:9090',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '192.0.2.1',
    '127.evil.example',
    '',
    '[::1',
    '0.0.0.0',
  ]) {
    assert.equal(causeOf(guard, caller({ host })), 'host', host);
  }
  assert.equal(isOwnHost(undefined, '127.0.0.1'), false);
});

test('a page of another origin is refused whatever it shows', () => {
  const guard = new Guard(() => TOKEN, '127.0.0.1');
  const own = { host: 'relay.example:9090', ...shows(TOKEN) };
  const foreign: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'http://relay.example' },
    { origin: 'null' },
    { origin: 'relay.example:9090' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'http://relay.example:9090' },
  ];
  for (const headers of foreign) {
    for (const method of ['GET', 'POST', 'DELETE']) {
      assert.equal(causeOf(guard, caller({ ...own, ...headers }, { method })), 'foreign');
    }
  }
  const same: Record<string, string>[] = [
    { origin: 'http://relay.example:9090' },
    { 'sec-fetch-site': 'same-origin', origin: 'https://in-front.example' },
    { 'sec-fetch-site': 'none' },
  ];
  for (const headers of same)
    assert.equal(causeOf(guard, caller({ ...own, ...headers })), undefined);
});

test('a body is taken as JSON only, as forms cannot send it', () => {
  const guard = new Guard(() => TOKEN, '127.0.0.1');
  const post = (headers: Record<string, string>) =>
    causeOf(guard, caller({ ...shows(TOKEN), ...headers }, { method: 'POST' }));
  const length = { 'content-length': '2' };
  assert.equal(post({ ...length, 'content-type': 'application/json' }), undefined);
  assert.equal(post({ ...length, 'content-type': 'Application/JSON; charset=utf-8' }), undefined);
  assert.equal(post({ 'content-length': '0' }), undefined);
  assert.equal(post({}), undefined);
  assert.equal(post(length), 'media-type');
  assert.equal(post({ 'transfer-encoding': 'chunked' }), 'media-type');
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
    assert.equal(post({ ...length, 'content-type': type }), 'media-type', type);
  }
});

test('a token of a file is its first line, and one that is easily guessed is refused', () => {
  assert.equal(parseToken('f', `${TOKEN}\nA comment\n`), TOKEN);
  assert.equal(parseToken('f', `  ${TOKEN} \r\n`), TOKEN);
  const bad = [
    '',
    '\n',
    'short',
    '123456789012345',
    `\n${TOKEN}`,
    'with spaces in between',
    'non-ascii-tökens-here',
  ];
  for (const contents of bad) {
    assert.throws(
      () => parseToken('admin.token', contents),
      (error: unknown) =>
        error instanceof RelayError &&
        error.code === 'E_BAD_OPTION' &&
        /admin\.token: .*openssl rand/.test(error.message),
      JSON.stringify(contents),
    );
  }
});
