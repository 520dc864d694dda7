import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { connect as connectHttp2, constants } from 'node:http2';
import { text } from 'node:stream/consumers';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { openHttpNames } from '#src/broker/doors/http-names.ts';
import { connectTo, outcome, say, visit } from '../../support/tcp.ts';
import {
  maskedTextFrame,
  shoutBack,
  textFrame,
  WEBSOCKET_ACCEPT,
  webSocketRequest,
} from '../../support/websocket.ts';
import {
  AWAY,
  CROWD,
  crowd,
  DOMAIN,
  ECHO,
  openTestDoor,
  served,
  type TestDoor,
} from './hosts/host-harness.ts';

const REQUEST = `GET / HTTP/1.1\r\nHost: echo.${DOMAIN}\r\n\r\n`;

/** A web server that says who it is. */
async function serveSite(t: TestContext, { services }: TestDoor, name: string): Promise<void> {
  const server = createServer(({ headers, url }, response) => {
    response.end(`${name} serves ${headers.host}${url}`);
  });
  services.set(name, await served(t, server));
  t.after(() => server.closeAllConnections());
}

async function fetch(
  port: number,
  host: string,
  options: RequestOptions = {},
): Promise<{ response: IncomingMessage; body: string }> {
  // A connection of its own, unless told otherwise: a pool would be that of 127.0.0.1.
  const to = { port, host: '127.0.0.1', headers: { host }, agent: false };
  const asked = request({ ...to, ...options }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { response, body: await text(response) };
}

describe('the port for HTTP clients', () => {
  test('leads to the service of that name, with the request as it was', async (t) => {
    const door = await openTestDoor(t, openHttpNames);
    await serveSite(t, door, 'blog');
    await serveSite(t, door, 'wiki');
    for (const [name, host] of [
      ['blog', `blog.${DOMAIN}`],
      ['wiki', `Wiki.${DOMAIN}:80`],
      ['blog', `blog.${DOMAIN}.`],
    ] as const) {
      const { response, body } = await fetch(door.port, host, { path: '/a?b' });
      assert.equal(response.statusCode, 200);
      assert.equal(body, `${name} serves ${host}/a?b`);
    }
  });

  test('leaves a connection to the service that its first request was for', async (t) => {
    const door = await openTestDoor(t, openHttpNames);
    await serveSite(t, door, 'blog');
    await serveSite(t, door, 'wiki');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const bodies: string[] = [];
    for (const host of [`blog.${DOMAIN}`, `wiki.${DOMAIN}`]) {
      bodies.push((await fetch(door.port, host, { agent })).body);
    }
    assert.deepEqual(bodies, [`blog serves blog.${DOMAIN}/`, `blog serves wiki.${DOMAIN}/`]);
  });

  test('carries WebSockets', async (t) => {
    const { port, services } = await openTestDoor(t, openHttpNames);
    services.set('chat', await served(t, shoutBack(createServer())));
    const client = await connectTo(t, port);
    const heard = outcome(client);
    client.write(webSocketRequest(`chat.${DOMAIN}`));
    client.end(maskedTextFrame('hello'));
    const { data, ending } = await heard;
    const [head = '', frame] = data.toString('latin1').split('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 101 /);
    assert.ok(head.includes(`Sec-WebSocket-Accept: ${WEBSOCKET_ACCEPT}`));
    assert.deepEqual(Buffer.from(frame ?? '', 'latin1'), textFrame('HELLO'));
    assert.equal(ending, 'eof');
  });

  test('passes on what it read, unchanged, wherever that was split', async (t) => {
    const { port, services } = await openTestDoor(t, openHttpNames);
    services.set('echo', ECHO);
    for (let at = 1; at <= REQUEST.length; at += 1) {
      const client = await connectTo(t, port, { noDelay: true });
      const echoed = outcome(client);
      client.write(REQUEST.slice(0, at));
      await turn();
      client.write(REQUEST.slice(at));
      client.end('and more');
      const { data, ending } = await echoed;
      assert.equal(String(data), `${REQUEST}and more`, `split at ${at}`);
      assert.equal(ending, 'eof');
    }
  });

  test('answers what it cannot send on', async (t) => {
    const { port, services, refusals } = await openTestDoor(t, openHttpNames);
    services.set('away', AWAY);
    for (const [asked, status, refusal] of [
      [`GET / HTTP/1.1\r\nHost: no.${DOMAIN}\r\n\r\n`, 404, `unknown no.${DOMAIN}`],
      [`GET / HTTP/1.1\r\nHost: ${DOMAIN}\r\n\r\n`, 404, `unknown ${DOMAIN}`],
      [`GET / HTTP/1.1\r\nHost: away.${DOMAIN}\r\n\r\n`, 502, `away away.${DOMAIN}`],
      ['GET / HTTP/1.1\r\n\r\n', 400, 'bad-request'],
      ['\x16\x03\x01\x02\x00\x01', 400, 'bad-request'],
      [`GET /${'x'.repeat(100_000)} HTTP/1.1\r\n`, 431, 'head-too-large'],
      ['GET / HTTP/2.0\r\n', 505, 'http-version'],
    ] as const) {
      assert.match(await visit(t, port, asked), new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.equal(refusals.at(-1), refusal);
    }
    const { headers } = (await fetch(port, `away.${DOMAIN}`)).response;
    assert.ok(Number(headers['retry-after']) > 0);
    const { response, body } = await fetch(port, `no.${DOMAIN}`, { method: 'HEAD' });
    assert.deepEqual([response.statusCode, body], [404, '']);
  });

  test('answers a client that is still sending its request', async (t) => {
    const { port } = await openTestDoor(t, openHttpNames);
    const head = `PUT / HTTP/1.1\r\nHost: no.${DOMAIN}\r\nContent-Length: 200000\r\n\r\n`;
    assert.match(await visit(t, port, `${head}${'x'.repeat(200_000)}`), /^HTTP\/1\.1 404 /);
  });

  test('asks clients of HTTP/2 without TLS for HTTP/1.1', async (t) => {
    const { port, refusals } = await openTestDoor(t, openHttpNames);
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    t.after(() => session.destroy());
    session.on('error', () => {});
    session.request().on('error', () => {});
    const [code] = (await once(session, 'goaway')) as [number];
    assert.equal(code, constants.NGHTTP2_HTTP_1_1_REQUIRED);
    assert.deepEqual(refusals, ['http2']);
  });

  test('serves all the while that others send half a request', async (t) => {
    const door = await openTestDoor(t, openHttpNames);
    await serveSite(t, door, 'blog');
    await crowd(t, door.port, REQUEST.slice(0, -2));
    const { body } = await fetch(door.port, `blog.${DOMAIN}`);
    assert.equal(body, `blog serves blog.${DOMAIN}/`);
    assert.ok(door.refusals.filter((each) => each === 'pushed-out').length >= CROWD - 512);
  });

  test('survives 10,000 random beginnings, and gives back what it took for them', async (t) => {
    const door = await openTestDoor(t, openHttpNames);
    await serveSite(t, door, 'blog');
    door.services.set('echo', ECHO);
    const before = door.budget.free;
    for (let round = 0; round < 100; round += 1) {
      await Promise.all(Array.from({ length: 100 }, () => say(door.port, beginning())));
      if (round % 10 > 0) continue;
      const { response } = await fetch(door.port, `blog.${DOMAIN}`);
      assert.equal(response.statusCode, 200);
    }
    while (door.budget.free < before) await turn();
  });
});

/** Octets that nobody has thought of, or that are almost right. */
function beginning(): Buffer {
  const random = randomBytes(randomInt(1, 200));
  if (randomInt(2) === 0) return random;
  const asked = Buffer.from(REQUEST);
  random.copy(asked, randomInt(asked.length), 0, randomInt(1, 8));
  return asked;
}
