import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { needs } from '../support/needs.ts';
import { BASIC, clientPortOf, Program, runBroker, runTypeScript } from '../support/program.ts';
import { connectTo, outcome, serve } from '../support/tcp.ts';

const run = promisify(execFile);

describe('the examples', () => {
  test('the echo server gives each client its bytes back', async (t) => {
    const example = await registered(t, 'echo-server');
    const [, port] = await example.line(/Try: nc 127\.0\.0\.1 (\d+)$/);
    const client = await connectTo(t, Number(port));
    const echoed = outcome(client);
    client.end('hello');
    assert.deepEqual(await echoed, { data: Buffer.from('hello'), ending: 'eof' });
    example.signal('SIGINT');
    assert.equal(await example.exited, 0);
  });

  test('curl fetches a page from the web server', needs('curl'), async (t) => {
    const example = await registered(t, 'web-server');
    const [, page] = await example.line(/Open (http:\/\/127\.0\.0\.1:\d+\/) in a browser/);
    const { stdout } = await run('curl', ['--silent', '--fail', `${page}a?b`]);
    assert.match(stdout, /Hello through the relay/);
    assert.match(stdout, /<code>\/a\?b<\/code>/);
    example.signal('SIGTERM');
    assert.equal(await example.exited, 0);
  });

  test('the custom server joins clients with its target', async (t) => {
    const target = await serve(t, (socket) => socket.end('from the target'));
    const broker = await runBroker(t, ...BASIC);
    const file = 'examples/custom-server.ts';
    const example = runTypeScript(t, file, '127.0.0.1', `${broker.controlPort}`, `${target.port}`);
    const client = await connectTo(t, await clientPortOf(broker));
    const received = outcome(client);
    client.end('hi');
    assert.equal((await received).data.toString(), 'from the target');
    await example.line(/^in 2, out 15$/);
  });

  test('make demo fetches a page through the relay', needs('make'), async (t) => {
    const demo = new Program(t, 'make', ['--silent', 'demo']);
    assert.equal(await demo.exited, 0);
    assert.match(demo.output, /<h1>Hello through the relay<\/h1>/);
  });
});

async function registered(t: TestContext, name: string) {
  const broker = await runBroker(t, ...BASIC);
  return runTypeScript(t, `examples/${name}.ts`, `127.0.0.1:${broker.controlPort}`);
}
