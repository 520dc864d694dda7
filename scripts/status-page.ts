// Takes the picture of the status page, docs/status-page.png: node --import tsx scripts/status-page.ts
// It takes five minutes, which is what the plots show. Wants chromium.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { type Browser, chromium } from 'playwright-core';
import { type Agent, createAgent } from 'relay-broker';

const TOKEN = 'for-the-picture-only';
const SHOWN = 300_000;

/** Of a second. */
const TICKS = 10;

/** Services, with how many clients each has and what goes to one of these in a second, in KiB. */
const SERVICES = [
  { name: 'blog', clients: 6, rate: 90 },
  { name: 'git', clients: 3, rate: 700 },
  { name: 'grafana', clients: 9, rate: 40 },
  { name: 'backup', clients: 1, rate: 2400 },
  { name: 'ssh-laptop', clients: 1, rate: 2 },
];

const folder = await mkdtemp(join(tmpdir(), 'relay-picture-'));
const token = join(folder, 'token');
await writeFile(token, TOKEN, { mode: 0o600 });
const ports = ['--ports', '40120-40199', '--lease', '600', '--advertise', 'relay.example.net'];
const admin = ['--admin', '0', '--admin-token-file', token];
const broker = spawn(
  process.execPath,
  ['dist/cli/relay-broker.js', '0', '--host', '127.0.0.1', ...ports, ...admin],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const agents: Agent[] = [];
let browser: Browser | undefined;
try {
  const { control, url } = await listeners();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: { width: 1280, height: 940 } });
  await page.goto(url);
  await page.getByRole('textbox', { name: 'Token' }).fill(TOKEN);
  await page.keyboard.press('Enter');
  await page.getByText('Nothing is registered yet.').waitFor();
  for (const service of SERVICES) await expose(service, control);
  await page.getByRole('button', { name: 'git', exact: true }).click();
  await pause(SHOWN);
  // Its lease goes on.
  const away = spawn(
    process.execPath,
    ['dist/cli/relay-agent.js', '9', '--to', `127.0.0.1:${control}`, '--name', 'wiki'],
    { stdio: 'ignore' },
  );
  await page.getByRole('button', { name: 'wiki', exact: true }).waitFor();
  away.kill('SIGKILL');
  await page.getByText(/^Held/).waitFor();
  await page.screenshot({ path: 'docs/status-page.png' });
} finally {
  await browser?.close();
  for (const agent of agents) void agent.close({ drain: 0 });
  broker.kill();
  await once(broker, 'exit');
  await rm(folder, { recursive: true });
}
// Clients come and go for ever.
process.exit();

async function listeners(): Promise<{ control: number; url: string }> {
  let control = 0;
  for await (const line of createInterface(broker.stdout)) {
    control ||= Number(/Control connections on port (\d+)/.exec(line)?.[1] ?? 0);
    const url = /Admin listener at (\S+)/.exec(line)?.[1];
    if (url !== undefined) return { control, url };
  }
  throw new Error('the broker ended');
}

/** Registers a service, and has clients come and go. */
async function expose({ name, clients, rate }: (typeof SERVICES)[number], control: number) {
  const server = createServer((socket) => send(socket, rate)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const target = (server.address() as AddressInfo).port;
  const agent = createAgent({ to: `127.0.0.1:${control}`, target, name });
  agents.push(agent);
  const ready = once(agent, 'ready');
  void agent.run();
  const [{ port }] = await ready;
  for (let n = 0; n < clients; n += 1) void visit(port);
}

/** One client after the other, each for a while. */
async function visit(port: number): Promise<never> {
  for (;;) {
    const client = connect(port, '127.0.0.1').resume();
    client.on('error', () => {});
    const asks = setInterval(() => client.write(Buffer.alloc(4096)), 1000 / TICKS);
    await pause(20_000 + Math.random() * 200_000);
    clearInterval(asks);
    client.destroy();
    await pause(Math.random() * 20_000);
  }
}

/** Some more now, some less then. */
function send(socket: Socket, rate: number): void {
  const phase = Math.random() * 6;
  const timer = setInterval(() => {
    const swell = 1 + Math.sin(phase + Date.now() / 20_000) * 0.7 + (Math.random() - 0.5) * 0.4;
    socket.write(Buffer.alloc(Math.round((rate * 1024 * Math.max(0, swell)) / TICKS)));
  }, 1000 / TICKS);
  socket.resume();
  socket.on('error', () => {});
  socket.on('close', () => clearInterval(timer));
}
