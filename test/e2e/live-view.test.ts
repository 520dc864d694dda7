import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { needs } from '../support/needs.ts';
import { clientPortOf, runBroker } from '../support/program.ts';
import { nowhere } from '../support/station.ts';
import { connectTo, read, serve } from '../support/tcp.ts';
import { Terminal } from '../support/terminal.ts';

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

function agent(target: number, relay: number, ...options: string[]): string[] {
  const command = [process.execPath, 'dist/cli/relay-agent.js', String(target)];
  return [...command, '--to', `127.0.0.1:${relay}`, ...options];
}

describe('relay-agent on a terminal', needs('python3'), () => {
  test('shows where clients come to and what they do, and gives the terminal back', async (t) => {
    const broker = await runBroker(t);
    const echo = await serve(t, (socket) => socket.pipe(socket));
    const size = { columns: 70, rows: 24 };
    const terminal = new Terminal(t, size, agent(echo.port, broker.controlPort));
    const port = await clientPortOf(broker);
    await terminal.shows(new RegExp(`┃ {3}127\\.0\\.0\\.1:${port} {3}┃`));
    await terminal.shows(/State +live for \d+ s/);
    assert.ok(terminal.written.startsWith(ENTER));
    assert.ok(terminal.written.includes('\x1b[32mlive\x1b[0m'), 'coloured');

    await terminal.shows(/In +0 B\/s, 0 B in all/);
    const client = await connectTo(t, port);
    client.write('x'.repeat(2048));
    await read(client, 2048);
    await terminal.shows(/Connections +1 now, 1 in all/);
    await terminal.shows(/In +(?!0 B)\d\S* (Ki)?B\/s, 2\.00 KiB in all/);

    terminal.resize(20, 5);
    await terminal.until(() => terminal.frame.length === 5);
    assert.ok(terminal.frame.every((line) => [...line].length <= 20));
    terminal.resize(70, 24);
    await terminal.shows(/\d\d:\d\d:\d\d Clients reach localhost:\d+ at 127/);

    const entered = () => terminal.written.split(ENTER).length - 1;
    terminal.type('\x1a');
    await terminal.until(() => terminal.written.trimEnd().endsWith(LEAVE));
    terminal.continue();
    await terminal.until(() => entered() === 2);
    broker.signal('SIGKILL');
    await terminal.shows(/State +reconnecting in \d+ s: .*[Rr]elay/);

    terminal.type('\x03');
    client.destroy();
    assert.equal(await terminal.exited, 0);
    const rest = stripVTControlCharacters(terminal.written.split(LEAVE).at(-1) ?? '');
    assert.match(rest, /Registered with the relay/, 'the log stays behind');
  });

  test('shows lines where that is wanted, or all that there can be', async (t) => {
    const closed = await nowhere(t);
    const command = agent(1, closed.port, '--max-retries', '0');
    const ways: [args: string[], env: NodeJS.ProcessEnv][] = [
      [['--no-live'], {}],
      [['--on-ready', 'true'], {}],
      [['--json'], {}],
      [[], { TERM: 'dumb' }],
    ];
    const terminals = ways.map(
      ([args, env]) => new Terminal(t, { columns: 80, rows: 24, env }, [...command, ...args]),
    );
    for (const terminal of terminals) {
      assert.equal(await terminal.exited, 1);
      assert.match(terminal.written, /Cannot reach the relay at/);
      assert.ok(!terminal.written.includes(ENTER));
    }
  });

  test('gives the terminal back before it says why it gives up', async (t) => {
    const closed = await nowhere(t);
    const size = { columns: 80, rows: 24, env: { NO_COLOR: '1' } };
    const terminal = new Terminal(t, size, agent(1, closed.port, '--max-retries', '1'));
    assert.equal(await terminal.exited, 1);
    const [before = '', after = ''] = terminal.written.split(LEAVE);
    assert.ok(before.startsWith(ENTER));
    for (const colour of [31, 32, 33]) assert.ok(!before.includes(`\x1b[${colour}m`));
    assert.match(after, /relay-agent: Cannot reach the relay at/);
  });
});
