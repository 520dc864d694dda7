import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { runJsonAgent } from '../../support/json-agent.ts';
import { runBroker } from '../../support/program.ts';
import { nowhere } from '../../support/station.ts';
import { tappedProxy } from '../../support/tapped-proxy.ts';
import { connectTo, outcome, read, serve, visit } from '../../support/tcp.ts';

for (const plane of ['auto', 'portable']) {
  const onPlane = ['--data-plane', plane];

  describe(`with the data plane ${plane}`, () => {
    test('one port is enough, for a service that speaks first as well', async (t) => {
      const greeter = await serve(t, (socket) => {
        socket.write('welcome, ');
        socket.pipe(socket);
      });
      const broker = await runBroker(t, ...onPlane);
      // Whoever sees only the control port: everything else is refused.
      const door = await tappedProxy(t, broker.controlPort, '127.0.0.2');
      const relay = `127.0.0.2:${door.port}`;
      const agent = runJsonAgent(t, greeter.port, relay, '--single-port', ...onPlane);
      const port = await agent.port();
      for (let n = 0; n < 20; n += 1) {
        assert.equal(await visit(t, port, `client ${n}`), `welcome, client ${n}`);
      }
      assert.ok(door.seen.length > 20);
    });

    test('the agent finds out by itself that there is but one port, and loses nobody over it', async (t) => {
      const echo = await serve(t, (socket) => socket.pipe(socket));
      const broker = await runBroker(t, ...onPlane);
      const door = await tappedProxy(t, broker.controlPort, '127.0.0.2');
      const relay = `127.0.0.2:${door.port}`;
      const agent = runJsonAgent(t, echo.port, relay, ...onPlane);
      const port = await agent.port();
      const clients = Array.from({ length: 20 }, async (_, n) => {
        assert.equal(await visit(t, port, `client ${n}`), `client ${n}`);
      });
      await Promise.all(clients);
    });

    test('spares serve clients, also of a service that speaks first, and are replaced', async (t) => {
      const greeter = await serve(t, (socket) => {
        socket.write('hello');
        socket.pipe(socket);
      });
      const broker = await runBroker(t, ...onPlane);
      const options = ['--spares', '4', ...onPlane];
      const agent = runJsonAgent(t, greeter.port, broker.controlPort, ...options);
      const port = await agent.port();
      // More at once than there are spares: the rest is fetched by ticket.
      for (let round = 0; round < 5; round += 1) {
        const clients = Array.from({ length: 10 }, async (_, n) => {
          const client = await connectTo(t, port);
          assert.equal((await read(client, 5)).toString(), 'hello');
          const echoed = outcome(client);
          client.end(`client ${n}`);
          const { data, ending } = await echoed;
          assert.deepEqual([data.toString(), ending], [`client ${n}`, 'eof']);
        });
        await Promise.all(clients);
      }
    });

    test('a service that cannot be reached resets its client at once and is reported', async (t) => {
      const closed = await nowhere(t);
      const broker = await runBroker(t, '--pair-timeout', '60', '--verbose', ...onPlane);
      for (const spares of [[], ['--spares', '1']]) {
        const options = [...spares, ...onPlane];
        const agent = runJsonAgent(t, closed.port, broker.controlPort, ...options);
        const client = await connectTo(t, await agent.port());
        assert.equal((await outcome(client)).ending, 'ECONNRESET');
        await agent.event('connectionFailed');
      }
      await broker.line(/refused/);
    });

    test('the service learns who its client is from a PROXY header', async (t) => {
      for (const version of ['v1', 'v2']) {
        const service = await serve(t, () => {});
        const arrived = once(service, 'connection');
        const broker = await runBroker(t, ...onPlane);
        const options = ['--proxy-protocol', version, ...onPlane];
        const agent = runJsonAgent(t, service.port, broker.controlPort, ...options);
        const port = await agent.port();
        const client = await connectTo(t, port, { localAddress: '127.0.0.3' });
        const { localPort } = client;
        const [socket] = (await arrived) as [Socket];
        client.write('payload');
        if (version === 'v1') {
          const header = `PROXY TCP4 127.0.0.3 127.0.0.1 ${localPort} ${port}\r\n`;
          const text = await read(socket, header.length + 7);
          assert.equal(text.toString(), `${header}payload`);
        } else {
          const header = await read(socket, 28 + 7);
          assert.equal(header.toString('hex', 0, 12), '0d0a0d0a000d0a515549540a');
          assert.deepEqual([...header.subarray(16, 20)], [127, 0, 0, 3]);
          assert.equal(header.readUInt16BE(24), localPort);
          assert.equal(header.readUInt16BE(26), port);
          assert.equal(header.toString('latin1', 28), 'payload');
        }
      }
    });
  });
}
