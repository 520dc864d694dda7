import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import type { AgentOptions } from 'relay-broker';
import { startBroker } from '../support/broker.ts';
import { runAgent } from '../support/running-agent.ts';
import { nowhere } from '../support/station.ts';
import { connectTo, outcome, read, serve } from '../support/tcp.ts';

const echo = () => createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));

const WAYS: [way: string, options: Partial<AgentOptions>][] = [
  ['by the portable data plane', { dataPlane: 'portable' }],
  ['by that of Linux', { dataPlane: 'linux' }],
  ['by a spare', { dataPlane: 'linux', spares: 1 }],
  ['by mux', { mux: true }],
  ['to a server object', { target: echo() }],
];

describe('the status of an agent', () => {
  for (const [way, options] of WAYS) {
    test(`tells bytes while they move, ${way}`, async (t) => {
      const { port } = await startBroker(t, { dataPlane: 'portable' });
      const target = await serve(t, (socket) => socket.pipe(socket));
      const to = `127.0.0.1:${port}`;
      const { agent, next } = runAgent(t, { to, target: target.port, ...options });
      const [grant] = await next('ready');
      const client = await connectTo(t, grant.port);
      client.write('hello');
      await read(client, 5);
      const { registered, started, ...live } = agent.status();
      assert.deepEqual(live, {
        ...{ state: 'live', relay: to, registrations: 1, redirects: 0, grant },
        ...{ retry: undefined, down: undefined },
        target: 'target' in options ? 'the server object' : `localhost:${target.port}`,
        ...{ connections: { open: 1, ended: {}, failed: 0 }, bytesToServer: 5, bytesToClient: 5 },
      });
      assert.ok(registered !== undefined && registered >= started);
      const ended = next('connectionEnded');
      await outcome(client.end('!'));
      await ended;
      const { connections, bytesToServer, bytesToClient } = agent.status();
      assert.deepEqual(connections, { open: 0, ended: { eof: 1 }, failed: 0 });
      assert.deepEqual([bytesToServer, bytesToClient], [6, 6]);
    });
  }

  test('tells why the relay is not to be had, and when it is tried again', async (t) => {
    const closed = await nowhere(t);
    const to = `127.0.0.1:${closed.port}`;
    const { agent, next, over } = runAgent(t, { to });
    assert.equal(agent.status().state, 'connecting');
    const began = Date.now();
    const [error, delay, attempt] = await next('retrying');
    const { state, relay, retry } = agent.status();
    assert.deepEqual([state, relay, retry?.attempt], ['retrying', to, attempt]);
    assert.equal(retry?.error, error);
    const told = Number(retry?.at) - delay;
    assert.ok(told >= began && told <= Date.now(), `${told}, after ${began}`);
    void agent.close();
    assert.equal(agent.status().state, 'draining');
    await over;
    await agent.close();
    assert.equal(agent.status().state, 'ended');
  });

  test('tells that the service is down, and how many clients could not be joined with it', async (t) => {
    const { port } = await startBroker(t);
    const target = await serve(t, () => {});
    const to = `127.0.0.1:${port}`;
    const { agent, next } = runAgent(t, { to, target: target.port });
    const [grant] = await next('ready');
    target.close();
    const failed = next('connectionFailed');
    await connectTo(t, grant.port);
    await failed;
    assert.deepEqual(agent.status().connections, { open: 0, ended: {}, failed: 1 });
    const checked = runAgent(t, { to, target: target.port, health: 'tcp' });
    await checked.next('ready');
    const { state, down } = checked.agent.status();
    assert.deepEqual([state, down], ['down', 'connection refused']);
  });
});
