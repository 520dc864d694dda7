import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { clientPortOf, runBroker } from '../../support/program.ts';
import { agents } from '../../support/registrants.ts';
import { connectTo, outcome, serve } from '../../support/tcp.ts';
import { relaysFor } from './suite.ts';

for (const agent of agents) relaysFor(agent);

test('a reset client is a reset for the service behind the agent', async (t) => {
  const service = await serve(t, (socket) => socket.write('hello'));
  const broker = await runBroker(t);
  const [agent] = agents;
  await agent?.start(t, broker, service.port);
  const port = await clientPortOf(broker);
  const arrived = once(service, 'connection');
  const client = await connectTo(t, port);
  await once(client, 'readable');
  const [socket] = await arrived;
  const seen = outcome(socket);
  client.resetAndDestroy();
  assert.equal((await seen).ending, 'ECONNRESET');
});
