import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runJsonAgent } from '../support/json-agent.ts';
import { needs } from '../support/needs.ts';
import { doorOf, Program } from '../support/program.ts';
import { freePorts, serve, visit } from '../support/tcp.ts';

const NEEDED = needs('systemd-socket-activate');

/** Starts the broker when the first connection comes, to these ports, with what is called so. */
async function activate(names: string[], ...args: string[]) {
  const first = await freePorts(names.length);
  const listen = names.flatMap((_, n) => ['-l', `127.0.0.1:${first + n}`]);
  const broker = [process.execPath, 'dist/cli/relay-broker.js', '--host', '127.0.0.1', ...args];
  const command = [...listen, `--fdname=${names.join(':')}`, '-E', 'NO_COLOR=1', ...broker];
  return { first, command };
}

test(
  'whoever comes before the broker waits in the queue of a listener that is there',
  NEEDED,
  async (t) => {
    const echo = await serve(t, (socket) => socket.pipe(socket));
    const doors = ['--announce-port', '0'];
    const { first, command } = await activate(['control', 'announce'], '0', ...doors);
    const broker = new Program(t, 'systemd-socket-activate', command);
    await broker.line(/^Listening on 127\.0\.0\.1:\d+ as 4\.$/);
    const agent = runJsonAgent(t, echo.port, first);
    await broker.line(new RegExp(`Control connections on port ${first}$`));
    assert.equal(await doorOf(broker, 'announce'), `${first + 1}`);
    assert.equal(await visit(t, await agent.port(), 'hello'), 'hello');
  },
);

test('a listener whose name says nothing is refused', NEEDED, async (t) => {
  const { first, command } = await activate(['web'], '0');
  const broker = new Program(t, 'systemd-socket-activate', command);
  await broker.line(/^Listening on/);
  await visit(t, first, '');
  await broker.line(/^relay-broker: The service manager hands over a listener named "web"/);
  assert.equal(await broker.exited, 1);
});
