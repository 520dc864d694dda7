import { describe, type TestContext, test } from 'node:test';
import { needs } from '../support/needs.ts';
import { clientPortOf, doorOf, Program, runBroker } from '../support/program.ts';

const CLIENTS = '50';

function python(t: TestContext, ...args: string[]): Program {
  const [program, ...rest] = args;
  return new Program(t, 'python3', [`test/interop/${program}`, ...rest]);
}

describe('clients in Python are served', needs('python3'), () => {
  test('by one that the announce door has registered', async (t) => {
    const broker = await runBroker(t, '--announce-port', '0');
    const server = python(t, 'announce.py', await doorOf(broker, 'announce'));
    const [, port = ''] = await server.line(/^established relay address port:(\d+)$/);
    await python(t, 'client.py', port, CLIENTS).line(/^50 of 50 got their own bytes back$/);
  });

  test('by one at the far end of a pool', async (t) => {
    const broker = await runBroker(t, '--pool', '0:0', '--pool=0:0');
    python(t, 'pool.py', await doorOf(broker, 'pool', 2), '10');
    const port = String(await clientPortOf(broker, 2));
    await python(t, 'client.py', port, CLIENTS).line(/^50 of 50 got their own bytes back$/);
  });

  test('by one that has parked connections under a name', async (t) => {
    const broker = await runBroker(t, '--names', '0:0');
    python(t, 'names.py', await doorOf(broker, 'names'), 'Büro', CLIENTS);
    const port = await doorOf(broker, 'names-client');
    const clients = python(t, 'client.py', port, CLIENTS, 'Büro');
    await clients.line(/^50 of 50 got their own bytes back$/);
  });
});
