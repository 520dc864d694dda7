import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as listen } from 'node:net';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { HookEvent } from '#src/hooks/hook-event.ts';
import { postTo } from '#src/hooks/post.ts';
import { run } from '#src/hooks/run.ts';
import { emptyFolder } from '../support/folder.ts';

const EVENT: HookEvent = {
  ...{ version: 1, sequence: 1, time: '2026-03-01T12:00:07.250Z' },
  ...{ event: 'ready', registration: { id: 1 } },
};

const NEVER = new AbortController().signal;

/** A server that answers each request in its turn, and the bodies that it got. */
async function receiver(
  t: TestContext,
  ...answers: ((response: ServerResponse, request: IncomingMessage) => void)[]
) {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    bodies.push(body);
    answers[bodies.length - 1]?.(response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}/hook?key=secret`, bodies, server };
}

test('a URL gets the event as JSON, by POST, over a connection that stays', async (t) => {
  let connections = 0;
  const requests: unknown[] = [];
  const take = (response: ServerResponse, { method, url, headers }: IncomingMessage) => {
    requests.push([method, url, headers['content-type']]);
    response.end('thanks');
  };
  const { url, bodies, server } = await receiver(t, ...Array(9).fill(take));
  server.on('connection', () => {
    connections += 1;
  });
  for (let n = 0; n < 9; n += 1) await postTo(url)(EVENT, NEVER);
  assert.deepEqual(requests[0], ['POST', '/hook?key=secret', 'application/json']);
  assert.deepEqual(JSON.parse(bodies[0] ?? ''), EVENT);
  // One that has just answered is not free at once.
  assert.ok(connections <= 2, `${connections} connections`);
});

test('what a URL does not take is sent once more, and no more than that', async (t) => {
  const fail = (response: ServerResponse) => response.writeHead(503).end();
  const recovering = await receiver(t, fail, (response) => response.end());
  await postTo(recovering.url)(EVENT, NEVER);
  assert.equal(recovering.bodies.length, 2);
  const failing = await receiver(t, fail, fail);
  await assert.rejects(postTo(failing.url)(EVENT, NEVER), /it answered with status 503/);
  assert.equal(failing.bodies.length, 2);
});

test('an answer that points elsewhere is not followed', async (t) => {
  const elsewhere = await receiver(t, (response) => response.end());
  const point = (response: ServerResponse) =>
    response.writeHead(307, { location: elsewhere.url }).end();
  const { url } = await receiver(t, point, point);
  await assert.rejects(postTo(url)(EVENT, NEVER), /it answered with status 307/);
  assert.equal(elsewhere.bodies.length, 0);
});

test('an answer without end is not read to its end', async (t) => {
  const { url } = await receiver(t, (response) => {
    const pour = () => {
      while (response.write('x'.repeat(65536)));
    };
    response.on('drain', pour);
    pour();
  });
  await postTo(url)(EVENT, NEVER);
});

test('a URL that is out of reach says why, and one that is silent can be given up', async (t) => {
  const mute = listen().listen(0, '127.0.0.1');
  await once(mute, 'listening');
  t.after(() => mute.close());
  const { port } = mute.address() as { port: number };
  const giving = new AbortController();
  const posted = postTo(`http://127.0.0.1:${port}/`)(EVENT, giving.signal);
  const [socket] = await once(mute, 'connection');
  giving.abort();
  await assert.rejects(posted);
  socket.destroy();
  mute.close();
  await once(mute, 'close');
  await assert.rejects(postTo(`http://127.0.0.1:${port}/`)(EVENT, NEVER), { code: 'ECONNREFUSED' });
});

test('a command gets the event on stdin, need not read it, and says how it failed', async (t) => {
  const file = join(await emptyFolder(t), 'event');
  process.env.RELAY_TOKEN = 'secret';
  t.after(() => delete process.env.RELAY_TOKEN);
  await run(`cat > ${file}; printf %s "$RELAY_EVENT$RELAY_TOKEN" >> ${file}`)(EVENT, NEVER);
  assert.equal(await readFile(file, 'utf8'), `${JSON.stringify(EVENT)}\nready`);
  await run('exec true')({ ...EVENT, registration: { name: 'x'.repeat(1_000_000) } }, NEVER);
  await assert.rejects(run('exit 3')(EVENT, NEVER), /it ended with 3/);
});

test('a command that is given up ends, with all that it has started', async (t) => {
  const file = join(await emptyFolder(t), 'pid');
  const giving = new AbortController();
  const running = run(`sleep 60 & echo $! > ${file}; wait`)(EVENT, giving.signal);
  let pid = '';
  while (!pid.endsWith('\n')) pid = await readFile(file, 'utf8').catch(() => '');
  giving.abort();
  await assert.rejects(running, /it ended with SIGKILL/);
  const isThere = () => {
    try {
      return process.kill(Number(pid), 0);
    } catch {
      return false;
    }
  };
  while (isThere()) await new Promise((resolve) => setImmediate(resolve));
});
