import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type DATA_PLANES, startBroker, told } from './broker.ts';
import { backConnect, registerAgent } from './extended-agent.ts';
import { connectTo } from './tcp.ts';

/** A broker, and a client that it has joined with an agent. */
export async function relayedPair(t: TestContext, dataPlane: (typeof DATA_PLANES)[number]) {
  const { broker, port } = await startBroker(t, { dataPlane });
  const { agent, granted } = await registerAgent(t, port);
  const { registration, backConnectPort } = granted;
  const client = await connectTo(t, granted.port);
  const { ticket } = await agent.line('NEW');
  const paired = told(broker, 'clientPaired');
  const hello = { word: 'TICKET', registration, ticket } as const;
  const server = await backConnect(t, backConnectPort, hello);
  assert.equal((await paired)[1].port, client.localPort);
  return { broker, agent, client, server, registration };
}
