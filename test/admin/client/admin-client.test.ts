import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { AdminClient } from '#src/admin/client/admin-client.ts';
import { parseAdminUrl } from '#src/options/admin-client-options.ts';
import { openAdmin } from '../../support/admin.ts';
import { emptyFolder } from '../../support/folder.ts';
import { freePorts, serve } from '../../support/tcp.ts';

async function tokenFile(t: TestContext, token: string): Promise<string> {
  const file = join(await emptyFolder(t), 'token');
  await writeFile(file, token, { mode: 0o600 });
  return file;
}

/** A server that answers every request with these bytes, and a client of it. */
async function clientOf(t: TestContext, answer: string | Buffer): Promise<AdminClient> {
  const { port } = await serve(t, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(answer));
  });
  return AdminClient.open({ admin: `127.0.0.1:${port}` });
}

test('an address is a port, a host and a port, or a URL with whatever path', () => {
  const meant: [given: string, url: string][] = [
    ['9090', 'http://127.0.0.1:9090/'],
    ['relay.test:9090', 'http://relay.test:9090/'],
    ['[::1]:9090', 'http://[::1]:9090/'],
    ['http://relay.test', 'http://relay.test/'],
    ['https://relay.test/relay', 'https://relay.test/relay/'],
  ];
  for (const [given, url] of meant) assert.equal(parseAdminUrl(given)?.href, url);
  for (const given of [
    '',
    'relay.test',
    'ftp://relay.test',
    'http://',
    'http://me:secret@relay.test',
  ]) {
    assert.equal(parseAdminUrl(given), undefined, given);
  }
});

test('a token that is missing or wrong is said to be, and not told', async (t) => {
  const adminTokenFile = await tokenFile(t, 'the-right-token-of-all');
  const { admin, broker } = await openAdmin(t, { adminTokenFile });
  const without = await AdminClient.open({ admin: admin.url });
  await assert.rejects(without.status(), {
    code: 'E_REFUSED',
    message: /takes a token.*--admin-token-file/,
  });
  const other = await tokenFile(t, 'another-token-than-that');
  const wrong = await AdminClient.open({ admin: admin.url, adminTokenFile: other });
  await assert.rejects(wrong.endRegistration('7'), (error: Error) => {
    assert.match(error.message, /is not the token/);
    assert.doesNotMatch(error.message, /another/);
    return true;
  });
  assert.deepEqual(broker.done, []);
  const right = await AdminClient.open({ admin: admin.url, adminTokenFile });
  await right.endRegistration('7');
  assert.deepEqual(broker.done, ['end 7']);
});

test('what cannot be done without a token, or is not there, is told in the words of the broker', async (t) => {
  const { admin } = await openAdmin(t);
  const client = await AdminClient.open({ admin: admin.url });
  await assert.rejects(client.drain(undefined), {
    code: 'E_REFUSED',
    message: /--admin-token-file/,
  });
  await assert.rejects(client.connections(8), { message: 'There is no such registration.' });
});

test('a broker that does not answer is told with what to look at', async () => {
  const port = await freePorts(1);
  const client = await AdminClient.open({ admin: String(port) });
  const told = {
    code: 'E_RELAY_UNREACHABLE',
    message: /connection refused\. Is it started with --admin/,
  };
  await assert.rejects(client.status(), told);
});

test('whatever else answers is no broker, and does not get the token', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n';
  for (const answer of [`${head}<html>`, `${head}{}`, `${head}{"status":1}`, `${head}null`]) {
    await assert.rejects((await clientOf(t, answer)).status(), { code: 'E_NOT_A_RELAY' }, answer);
  }
  const failed = 'HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n<h1>no</h1>';
  await assert.rejects((await clientOf(t, failed)).status(), { code: 'E_NOT_A_RELAY' });
  const elsewhere =
    'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nConnection: close\r\n\r\n';
  await assert.rejects((await clientOf(t, elsewhere)).status(), { code: 'E_RELAY_UNREACHABLE' });
  await assert.rejects((await clientOf(t, 'SSH-2.0-x\r\n')).status(), {
    code: 'E_RELAY_UNREACHABLE',
  });
});

test('an answer without an end is given up', async (t) => {
  const chunk = Buffer.alloc(1024 * 1024, 32);
  const { port } = await serve(t, (socket) => {
    socket.on('error', () => {});
    const more = () => {
      while (socket.write(chunk));
    };
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
      more();
    });
    socket.on('drain', more);
  });
  const client = await AdminClient.open({ admin: String(port) });
  await assert.rejects(client.status(), { message: /its answer has no end/ });
});
