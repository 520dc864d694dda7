// make demo: starts a broker and the web example, and fetches a page through the relay.
import { type ChildProcess, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';

const broker = start('broker', ['dist/cli/relay-broker.js', '0', '--host', '127.0.0.1']);
const running = [broker];
try {
  const control = await portIn(broker, /Control connections on port (\d+)/);
  const example = ['--import', 'tsx', 'examples/web-server.ts', `127.0.0.1:${control}`];
  running.push(start('web server', example));
  const port = await portIn(broker, /Serving relay requests on port (\d+)/);
  console.log(`\n> fetch http://127.0.0.1:${port}/demo\n`);
  const page = await fetch(`http://127.0.0.1:${port}/demo`, { headers: { connection: 'close' } });
  console.log(await page.text());
} finally {
  for (const { child } of running.reverse()) {
    child.kill();
    if (child.exitCode === null) await once(child, 'exit');
  }
}

interface Program {
  child: ChildProcess;
  lines: Interface;
}

function start(name: string, args: string[]): Program {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => console.log(`${name}: ${line}`));
  return { child, lines };
}

async function portIn({ lines }: Program, pattern: RegExp): Promise<number> {
  for await (const [line] of on(lines, 'line', { close: ['close'] })) {
    const port = pattern.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`the broker ended without "${pattern.source}"`);
}
