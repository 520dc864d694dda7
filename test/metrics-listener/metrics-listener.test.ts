import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import test, { type TestContext } from 'node:test';
import type { AgentStatus } from '#src/agent/status.ts';
import { RelayError } from '#src/errors.ts';
import { openMetricsListener } from '#src/metrics-listener/metrics-listener.ts';
import { serve } from '../support/tcp.ts';

const LIVE: AgentStatus = {
  ...{ state: 'live', started: new Date(), target: 'localhost:3000', relay: 'relay.example.net:1' },
  ...{ registrations: 2, redirects: 1, bytesToServer: 10, bytesToClient: 20 },
  connections: { open: 3, ended: { eof: 4, 'client-reset': 1 }, failed: 5 },
};

/** A listener for these services, and what it answers to a path. */
async function listener(t: TestContext, services: Record<string, AgentStatus>) {
  let answers = async () => {};
  const agents = {
    status: () => new Map(Object.entries(services)),
    answers: () => answers(),
  };
  const { at, close } = await openMetricsListener(agents, 0, '1.2.3');
  t.after(close);
  const ask = async (path: string, options: { host?: string; method?: string } = {}) => {
    const { host = 'localhost', method = 'GET' } = options;
    const asked = request({ port: at.port, host: at.host, path, method, headers: { host } }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    let body = '';
    for await (const chunk of response.setEncoding('utf8')) body += chunk;
    return { status: response.statusCode, body };
  };
  const hang = () => {
    answers = () => new Promise(() => {});
  };
  return { at, ask, hang };
}

test('figures are those of each service at the moment', async (t) => {
  const services = { 'localhost:3000': LIVE, blog: { ...LIVE, state: 'down' as const } };
  const { at, ask } = await listener(t, services);
  assert.equal(at.host, '127.0.0.1');
  const { status, body } = await ask('/metrics');
  assert.equal(status, 200);
  const of = (name: string, labels: string) => new RegExp(`^${name}\\{service="${labels}`, 'm');
  for (const [name, labels] of [
    ['relay_agent_state', 'localhost:3000",state="live"} 1$'],
    ['relay_agent_state', 'localhost:3000",state="down"} 0$'],
    ['relay_agent_state', 'blog",state="down"} 1$'],
    ['relay_agent_registrations_total', 'blog"} 2$'],
    ['relay_agent_redirects_total', 'blog"} 1$'],
    ['relay_agent_connections', 'blog"} 3$'],
    ['relay_agent_connections_ended_total', 'blog",ending="client-reset"} 1$'],
    ['relay_agent_connections_failed_total', 'blog"} 5$'],
    ['relay_agent_bytes_total', 'blog",direction="to_client"} 20$'],
  ] as const) {
    assert.match(body, of(name, labels));
  }
  assert.match(body, /^relay_build_info\{version="1\.2\.3",nodejs="v/m);
  assert.match(body, /^process_resident_memory_bytes \d/m);
});

test('it is ready when clients can come to all services, and else says why not', async (t) => {
  const error = new RelayError('E_RELAY_UNREACHABLE', 'Cannot reach it.');
  const services: Record<string, AgentStatus> = { a: LIVE };
  const { ask } = await listener(t, services);
  assert.deepEqual(await ask('/readyz'), { status: 200, body: 'ready\n' });
  services.b = { ...LIVE, state: 'down', down: 'connection refused' };
  services.c = { ...LIVE, state: 'retrying', retry: { at: new Date(), attempt: 1, error } };
  services.d = { ...LIVE, state: 'connecting' };
  const { status, body } = await ask('/readyz');
  assert.equal(status, 503);
  assert.equal(body, 'b: down (connection refused)\nc: Cannot reach it.\nd: connecting\n');
});

test('it is healthy as long as the data plane answers, and gives up on one that hangs', async (t) => {
  const { ask, hang } = await listener(t, {});
  assert.deepEqual(await ask('/healthz'), { status: 200, body: 'ok\n' });
  hang();
  assert.equal((await ask('/healthz')).status, 503);
});

test('a page of a stranger reads nothing, and nothing can be sent', async (t) => {
  const { ask } = await listener(t, {});
  assert.equal((await ask('/metrics', { host: 'stranger.example:80' })).status, 403);
  assert.equal((await ask('/metrics', { host: '127.0.0.1:80' })).status, 200);
  assert.equal((await ask('/metrics', { method: 'POST' })).status, 404);
  assert.equal((await ask('/')).status, 404);
});

test('a port that is taken is told with the option that asked for it', async (t) => {
  const taken = await serve(t, () => {});
  const agents = { status: () => new Map(), answers: async () => {} };
  const opened = openMetricsListener(agents, `127.0.0.1:${taken.port}`, '1');
  await assert.rejects(opened, { code: 'E_LISTEN', message: /in use already.* --metrics/ });
});
