import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, request } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, type TestContext, test } from 'node:test';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { DATA_PLANES } from '../support/broker.ts';
import { emptyFolder } from '../support/folder.ts';
import { needs } from '../support/needs.ts';
import { doorOf, type Program, type RunningBroker, runBroker, runCli } from '../support/program.ts';
import { connectTo, outcome } from '../support/tcp.ts';
import { AUTHORITY } from '../support/tls.ts';
import {
  maskedTextFrame,
  shoutBack,
  textFrame,
  WEBSOCKET_ACCEPT,
  webSocketRequest,
} from '../support/websocket.ts';

const DOMAIN = 'relay.example';
const BLOG = `blog.${DOMAIN}`;

interface NameBroker {
  broker: RunningBroker;
  tlsPort: number;
  httpPort: number;
}

async function runNameBroker(t: TestContext, ...options: string[]): Promise<NameBroker> {
  const doors = ['--tls-names', '0', '--http-names', '0', '--domain', DOMAIN];
  const broker = await runBroker(t, ...doors, ...options);
  const tlsPort = await doorOf(broker, 'tls-names');
  const httpPort = await doorOf(broker, 'http-names');
  return { broker, tlsPort: Number(tlsPort), httpPort: Number(httpPort) };
}

/** Has an agent give a server its name. */
async function publish(
  t: TestContext,
  { broker }: NameBroker,
  name: string,
  server: Server,
): Promise<Program> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const to = ['--to', `127.0.0.1:${broker.controlPort}`];
  const agent = runCli(t, 'relay-agent', [String(address.port), ...to, '--name', name]);
  await agent.line(/^127\.0\.0\.1:\d+$/);
  return agent;
}

const page: RequestListener = ({ headers }, response) => {
  response.end(`the page of ${headers.host}`);
};

/** A site with a certificate of its own, which speaks HTTP/2 as well. */
function secureSite(name: string): Server {
  const identity = AUTHORITY.server('valid', `${name}.${DOMAIN}`);
  const site = createSecureServer({ ...identity, allowHTTP1: true });
  return site.on('request', ({ headers }, response) => {
    response.end(`the page of ${headers.host ?? headers[':authority']}`);
  });
}

async function curl(...options: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('curl', ['-q', '-sS', '--noproxy', '*', ...options]);
  return stdout;
}

for (const plane of DATA_PLANES) {
  describe(`a service by its name (${plane})`, () => {
    const options = ['--data-plane', plane];

    test('has its page fetched by Host and by SNI, with curl', needs('curl'), async (t) => {
      const relay = await runNameBroker(t, ...options);
      await Promise.all([
        publish(t, relay, 'blog', createServer(page)),
        publish(t, relay, 'shop', secureSite('shop')),
      ]);
      const ca = join(await emptyFolder(t), 'ca.pem');
      await writeFile(ca, AUTHORITY.cert);
      const blog = `blog.${DOMAIN}:${relay.httpPort}`;
      const shop = `shop.${DOMAIN}:${relay.tlsPort}`;
      for (const [said, ...way] of [
        [blog, '--resolve', `${blog}:127.0.0.1`, `http://${blog}/`],
        [BLOG, '--connect-to', `${BLOG}:80:127.0.0.1:${relay.httpPort}`, `http://${BLOG}/`],
        // A proxy is asked for a URL.
        [BLOG, '--noproxy', '', '--proxy', `http://127.0.0.1:${relay.httpPort}`, `http://${BLOG}/`],
        [shop, '--cacert', ca, '--resolve', `${shop}:127.0.0.1`, `https://${shop}/`],
        [shop, '--cacert', ca, '--connect-to', `::127.0.0.1:`, '--http1.1', `https://${shop}/`],
      ] as const) {
        assert.equal(await curl(...way), `the page of ${said}`);
      }
    });

    test('has a WebSocket by Host', async (t) => {
      const relay = await runNameBroker(t, ...options);
      await publish(t, relay, 'blog', shoutBack(createServer()));
      const client = await connectTo(t, relay.httpPort);
      const heard = outcome(client);
      client.write(webSocketRequest(BLOG));
      client.write(maskedTextFrame('hello'));
      const { data, ending } = await heard;
      const [head = '', frame] = data.toString('latin1').split('\r\n\r\n');
      assert.ok(head.includes(`Sec-WebSocket-Accept: ${WEBSOCKET_ACCEPT}`), head);
      assert.deepEqual(Buffer.from(frame ?? '', 'latin1'), textFrame('HELLO'));
      assert.equal(ending, 'eof');
    });
  });
}

test('a name is unknown, then there, then away', async (t) => {
  const relay = await runNameBroker(t, '--lease', '60');
  const status = async () => {
    const to = { port: relay.httpPort, host: '127.0.0.1', headers: { host: BLOG }, agent: false };
    const [response] = await once(request(to).end(), 'response');
    await text(response);
    return response.statusCode;
  };
  const failure = async () => {
    const client = connect({ port: relay.tlsPort, host: '127.0.0.1', servername: BLOG });
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    return error.code;
  };
  assert.equal(await status(), 404);
  assert.equal(await failure(), 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME');
  const agent = await publish(t, relay, 'blog', createServer(page));
  assert.equal(await status(), 200);
  agent.signal('SIGKILL');
  await relay.broker.line(/held for 60 s/);
  assert.equal(await status(), 502);
  assert.equal(await failure(), 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR');
  await relay.broker.line(/http-names: 127\.0\.0\.1 refused: .*\("blog\.relay\.example"\)/);
});
