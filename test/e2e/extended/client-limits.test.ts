import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { describe, type TestContext, test } from 'node:test';
import { type JsonAgent, runJsonAgent } from '../../support/json-agent.ts';
import { runBroker } from '../../support/program.ts';
import { connectTo, knock, outcome, read, serve, visit } from '../../support/tcp.ts';

async function stay(t: TestContext, port: number, localAddress: string) {
  const client = await connectTo(t, port, { localAddress });
  client.write('x');
  await read(client, 1);
  return client;
}

async function exposed(t: TestContext, plane: string, forBroker: string[], forAgent: string[]) {
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const broker = await runBroker(t, '--data-plane', plane, ...forBroker);
  const agent: JsonAgent = runJsonAgent(t, echo.port, broker.controlPort, ...forAgent);
  return { broker, port: await agent.port() };
}

for (const plane of ['auto', 'portable']) {
  for (const asked of ['the broker', 'the agent'] as const) {
    describe(`asked for by ${asked}, with the data plane ${plane}`, { concurrency: 2 }, () => {
      const options = (...given: string[]): [string[], string[]] =>
        asked === 'the broker' ? [given, []] : [[], given];

      test('only allowed addresses are let in, and denied ones are not', async (t) => {
        const lists = ['--allow-clients', '127.0.0.0/29,::1', '--deny-clients', '127.0.0.3'];
        const { broker, port } = await exposed(t, plane, ...options(...lists));
        assert.equal(await visit(t, port, 'served', { localAddress: '127.0.0.2' }), 'served');
        assert.equal(await visit(t, port, 'served', { localAddress: '127.0.0.3' }), 'ECONNRESET');
        assert.equal(await visit(t, port, 'served', { localAddress: '127.0.0.9' }), 'ECONNRESET');
        await broker.line(/client refused.*(127\.0\.0\.3|127\.0\.0\.9)/);
      });

      test('one address cannot take all places', async (t) => {
        const { port } = await exposed(t, plane, ...options('--max-clients-per-address', '2'));
        const first = await stay(t, port, '127.0.0.2');
        await stay(t, port, '127.0.0.2');
        assert.equal(await visit(t, port, 'served', { localAddress: '127.0.0.2' }), 'ECONNRESET');
        assert.equal(await visit(t, port, 'served', { localAddress: '127.0.0.3' }), 'served');
        const over = outcome(first);
        first.end();
        await over;
        // The broker lets the place go when both sides have closed.
        let again = await visit(t, port, 'served', { localAddress: '127.0.0.2' });
        while (again === 'ECONNRESET')
          again = await visit(t, port, 'served', { localAddress: '127.0.0.2' });
        assert.equal(again, 'served');
      });

      test('one address cannot come too often', async (t) => {
        const { port } = await exposed(t, plane, ...options('--connect-rate', '3'));
        const visits: string[] = [];
        const come = () => visit(t, port, 'served', { localAddress: '127.0.0.2' });
        while (!visits.includes('ECONNRESET'))
          visits.push(...(await Promise.all(Array.from({ length: 8 }, come))));
        assert.ok(visits.filter((each) => each === 'served').length >= 3);
        assert.equal(await visit(t, port, 'served', { localAddress: '127.0.0.3' }), 'served');
      });

      test('silence is bounded, and traffic resets the clock', async (t) => {
        const { port } = await exposed(t, plane, ...options('--idle-timeout', '0.5'));
        const quiet = await connectTo(t, port);
        quiet.write('x');
        assert.equal((await outcome(quiet)).ending, 'ECONNRESET');
      });

      test('bytes per second are bounded, and all of them arrive', async (t) => {
        const rate = 200_000;
        const { port } = await exposed(t, plane, ...options('--bytes-per-second', String(rate)));
        const client = await connectTo(t, port);
        const echoed = outcome(client);
        const started = performance.now();
        client.end(Buffer.alloc(3 * rate, 'x'));
        const { data, ending } = await echoed;
        const seconds = (performance.now() - started) / 1000;
        assert.deepEqual([data.length, ending], [3 * rate, 'eof']);
        // A second's worth may pass at once.
        assert.ok(seconds > 1.8, `${seconds} s`);
      });
    });
  }
}

test('what an agent asks for cannot widen what the broker allows', async (t) => {
  const lists = ['--deny-clients', '127.0.0.3', '--max-clients-per-address', '1'];
  const wider = ['--allow-clients', '127.0.0.0/8', '--max-clients-per-address', '100'];
  const { port } = await exposed(t, 'auto', lists, wider);
  assert.equal(await visit(t, port, 'served', { localAddress: '127.0.0.3' }), 'ECONNRESET');
  await stay(t, port, '127.0.0.2');
  assert.equal(await visit(t, port, 'served', { localAddress: '127.0.0.2' }), 'ECONNRESET');
});

test('too many waiting clients are refused, while those who wait are served in the end', async (t) => {
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const broker = await runBroker(t, '--max-waiting', '3');
  const agent = runJsonAgent(t, echo.port, broker.controlPort);
  const port = await agent.port();
  agent.program.signal('SIGSTOP');
  const waiting = [];
  for (let n = 0; n < 3; n += 1) waiting.push(await connectTo(t, port));
  assert.equal(await knock(port), 'ECONNRESET');
  agent.program.signal('SIGCONT');
  for (const client of waiting) {
    const echoed = outcome(client);
    client.end('patient');
    assert.equal((await echoed).data.toString(), 'patient');
  }
});
