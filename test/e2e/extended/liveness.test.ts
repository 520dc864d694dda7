import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { runJsonAgent } from '../../support/json-agent.ts';
import { runBroker } from '../../support/program.ts';
import { connectTo, knock, outcome, serve, visit } from '../../support/tcp.ts';

// Most of it is waiting for the next health check. Heartbeats are few, and each test of them for itself.
describe('whether agent, broker and service live', { concurrency: true }, () => {
  describe('is told by heartbeats:', { concurrency: 1 }, () => {
    test('an agent that hangs is noticed by its silence; its client waits for it', async (t) => {
      const echo = await serve(t, (socket) => socket.pipe(socket));
      const broker = await runBroker(t, '--heartbeat', '0.2');
      const agent = runJsonAgent(t, echo.port, broker.controlPort);
      const port = await agent.port();
      agent.program.signal('SIGSTOP');
      await broker.line(/held|silent|silence/i);
      const client = await connectTo(t, port);
      const echoed = outcome(client);
      client.end('take your time');
      agent.program.signal('SIGCONT');
      assert.equal((await echoed).data.toString(), 'take your time');
      assert.equal(await agent.port(2), port);
    });

    test('a broker that hangs is noticed by its silence', async (t) => {
      const broker = await runBroker(t, '--heartbeat', '0.2');
      const agent = runJsonAgent(t, 1, broker.controlPort);
      const port = await agent.port();
      broker.signal('SIGSTOP');
      await agent.event('lost');
      broker.signal('SIGCONT');
      assert.equal(await agent.port(2), port);
    });

    test('heartbeats keep an idle registration alive for many deadlines', async (t) => {
      const broker = await runBroker(t, '--heartbeat', '0.5');
      const quiet = runJsonAgent(t, 1, broker.controlPort);
      await quiet.port();
      // Time passes by others' deadlines: each of these is lost for its silence.
      for (let n = 0; n < 3; n += 1) {
        const hung = runJsonAgent(t, 1, broker.controlPort);
        const port = await hung.port();
        hung.program.signal('SIGSTOP');
        await broker.line(new RegExp(`Port ${port} .*(held|silent|silence)`, 'i'));
      }
      assert.doesNotMatch(quiet.program.output, /"event":"lost"/);
    });
  });

  describe('--health', { concurrency: true }, () => {
    test('tcp: clients are refused while the service is down, on the same port', async (t) => {
      const echo = await serve(t, (socket) => socket.pipe(socket));
      const { port: target } = echo;
      const broker = await runBroker(t);
      const agent = runJsonAgent(t, target, broker.controlPort, '--health', 'tcp');
      const port = await agent.port();
      echo.close();
      await broker.line(/parked|down/i);
      assert.equal(await knock(port), 'ECONNRESET');
      await serve(t, (socket) => socket.pipe(socket), { host: '127.0.0.1', port: target });
      await broker.line(/back|unparked|up again/i);
      assert.equal(await visit(t, port, 'back again'), 'back again');
    });

    test('http: what counts is the answer to the path, not that somebody listens', async (t) => {
      let status = 200;
      const paths = new Set<string | undefined>();
      const server = createServer((request, response) => {
        paths.add(request.url);
        response.writeHead(status).end();
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.after(() => server.close().closeAllConnections());
      const { port: target } = server.address() as AddressInfo;
      const broker = await runBroker(t);
      const agent = runJsonAgent(t, target, broker.controlPort, '--health', 'http:/healthz');
      const port = await agent.port();
      status = 503;
      await broker.line(/parked|down/i);
      assert.equal(await knock(port), 'ECONNRESET');
      status = 204;
      await broker.line(/back|unparked|up again/i);
      assert.deepEqual([...paths], ['/healthz']);
    });
  });
});
