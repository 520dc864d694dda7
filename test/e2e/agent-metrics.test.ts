import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runJsonAgent } from '../support/json-agent.ts';
import { runBroker } from '../support/program.ts';
import { connectTo, read, serve } from '../support/tcp.ts';

test('relay-agent --metrics shows bytes that move, and lets the process end', async (t) => {
  const broker = await runBroker(t);
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const agent = runJsonAgent(t, echo.port, broker.controlPort, '--metrics', '0');
  const { url } = await agent.event('metricsListening');
  const ask = async (path: string) => {
    const response = await fetch(new URL(path, String(url)));
    return { status: response.status, body: await response.text() };
  };
  const client = await connectTo(t, await agent.port());
  assert.deepEqual(await ask('/readyz'), { status: 200, body: 'ready\n' });
  assert.equal((await ask('/healthz')).status, 200);
  client.write('hello');
  await read(client, 5);
  const { body } = await ask('/metrics');
  const service = `service="localhost:${echo.port}"`;
  assert.ok(body.includes(`relay_agent_bytes_total{${service},direction="to_client"} 5\n`), body);
  assert.ok(body.includes(`relay_agent_connections{${service}} 1\n`), body);
  agent.program.signal('SIGTERM');
  await agent.event('draining');
  assert.match((await ask('/readyz')).body, /: draining\n$/);
  client.destroy();
  assert.equal(await agent.program.exited, 0);
});
