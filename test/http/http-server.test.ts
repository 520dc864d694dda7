import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { Hono } from 'hono';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import { type HttpApp, openHttpServer } from '#src/http/http-server.ts';
import { connectTo, outcome } from '../support/tcp.ts';

const QUICK = {
  connections: 4,
  headSize: 1024,
  head: 40,
  request: 80,
  look: 10,
  between: 50,
  silent: 500,
};

const AT = { host: '127.0.0.1', port: 0, option: '--admin' };

async function open(t: TestContext, limits: Partial<typeof QUICK> = {}) {
  const app: HttpApp = new Hono();
  app.post('/', async (c) => c.text(await c.req.text()));
  app.get('/', (c) => c.text('here'));
  app.get('/never', () => new Promise(() => {}));
  const budget = new DescriptorBudget(10);
  const server = await openHttpServer(app, AT, { limits: { ...QUICK, ...limits }, budget });
  t.after(() => server.close());
  const ask = async (text: string) => {
    const socket = await connectTo(t, server.at.port);
    socket.write(text);
    const { data } = await outcome(socket);
    return data.toString();
  };
  return { server, budget, ask };
}

const HOST = 'Host: localhost\r\n';

test('who does not finish to ask is not waited for', async (t) => {
  const { ask } = await open(t, { silent: 9000 });
  const answers = await Promise.all([
    ask(`GET / HTTP/1.1\r\n${HOST}`),
    ask(`POST / HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\nhalf`),
    ask(''),
  ]);
  assert.match(answers[0] ?? '', /^HTTP\/1.1 408 /);
  assert.match(answers[1] ?? '', /^HTTP\/1.1 408 /);
});

test('what is too long, or is no request, is refused', async (t) => {
  const { ask } = await open(t, { head: 9000, request: 9000, between: 9000, silent: 9000 });
  assert.match(
    await ask(`GET / HTTP/1.1\r\n${HOST}X: ${'x'.repeat(2000)}\r\n\r\n`),
    /^HTTP\/1.1 431 /,
  );
  assert.match(await ask(`GET /${'x'.repeat(2000)} HTTP/1.1\r\n${HOST}\r\n`), /^HTTP\/1.1 431 /);
  assert.match(await ask('SSH-2.0-hello\r\n\r\n'), /^HTTP\/1.1 400 /);
  assert.match(await ask(`GET / HTTP/1.1\r\nConnection: close\r\n\r\n`), /^HTTP\/1.1 400 /);
});

test('who speaks HTTP/1.0, as health checks of HAProxy do, need not say a host', async (t) => {
  const { ask } = await open(t);
  assert.match(await ask('GET / HTTP/1.0\r\n\r\n'), /^HTTP\/1.1 200 /);
});

test('a connection that stays silent ends, between two requests and in one', async (t) => {
  const { ask } = await open(t, { head: 9000, request: 9000 });
  assert.match(await ask(`GET / HTTP/1.1\r\n${HOST}\r\n`), /here$/);
  assert.equal(await ask(`GET /never HTTP/1.1\r\n${HOST}\r\n`), '');
});

test('so many connections are there at one time, whose descriptors were set aside', async (t) => {
  const { server, budget } = await open(t, {
    between: 9000,
    head: 9000,
    request: 9000,
    silent: 9000,
  });
  assert.equal(budget.free, 6);
  const here = await Promise.all(Array.from({ length: 4 }, () => connectTo(t, server.at.port)));
  const more = await connectTo(t, server.at.port);
  await outcome(more);
  assert.ok(here.every(({ destroyed }) => !destroyed));
  await server.close();
  assert.equal(budget.free, 10);
});

test('without descriptors for them, it is not opened', async () => {
  const budget = new DescriptorBudget(3);
  const opened = openHttpServer(new Hono(), AT, { limits: QUICK, budget });
  await assert.rejects(opened, { code: 'E_LISTEN', message: /4 file descriptors.*ulimit -n/ });
  assert.equal(budget.free, 3);
});

test('closing gives answers that are on their way a moment, and no more', async (t) => {
  const { server } = await open(t, { head: 9000, request: 9000, silent: 9000 });
  const asking = await connectTo(t, server.at.port);
  asking.write(`GET /never HTTP/1.1\r\n${HOST}\r\n`);
  const ended = outcome(asking);
  await server.close();
  assert.equal((await ended).data.length, 0);
});
