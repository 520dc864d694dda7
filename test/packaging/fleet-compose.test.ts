import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { imageEnvironment } from '../support/dockerfile.ts';
import { emptyFolder } from '../support/folder.ts';
import { needs } from '../support/needs.ts';
import { runCli } from '../support/program.ts';

const FILE = 'examples/compose/fleet.yaml';

interface Service {
  command: string[];
  environment?: Record<string, string>;
  secrets?: string[];
  ports?: string[];
  volumes?: string[];
  stop_grace_period?: string;
}

interface Compose {
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
  volumes: Record<string, object>;
}

const run = promisify(execFile);
const text = readFileSync(FILE, 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);
const brokers = services.filter(([name]) => name.startsWith('broker-'));
const nats = services.filter(([name]) => name.startsWith('nats-'));

/** What is to be typed before the first start: the line that has this in it. */
function typed(word: string): string {
  return text.split('\n').find((line) => line.startsWith('#   ') && line.includes(word)) ?? '';
}

/** Makes the key of the brokers' user as it is said there, by the program in the image. */
async function natsUser(): Promise<{ seed: string; publicKey: string }> {
  const [, script = ''] = /--eval '(.*?)'/.exec(typed('--eval')) ?? [];
  const { stdout, stderr } = await run('node', ['--input-type=module', '--eval', script]);
  const [, publicKey = ''] = /^NATS_USER=(.*)$/m.exec(stderr) ?? [];
  return { seed: stdout.trim(), publicKey };
}

test('each broker is a member under its own name, and all of them know all NATS servers', async (t) => {
  assert.equal(brokers.length, 3);
  const servers = nats.map(([name]) => `nats://${name}:4222`).join();
  for (const [name, { command, environment, stop_grace_period }] of brokers) {
    const env = { ...imageEnvironment, ...environment };
    const printed = runCli(t, 'relay-broker', [...command, '--print-config'], env);
    assert.equal(await printed.exited, 0, printed.output);
    const setting = (key: string) =>
      new RegExp(`^${key} = "?(.*?)"? #`, 'm').exec(printed.output)?.[1];
    assert.equal(setting('advertise'), name);
    assert.equal(setting('cluster'), servers);
    assert.ok(Number.parseInt(stop_grace_period ?? '', 10) > Number(setting('drain')));
    for (const key of ['cluster-nkey', 'tokens']) {
      assert.ok(setting(key)?.startsWith('/run/secrets/'), key);
    }
  }
});

test('the agent knows all brokers', async (t) => {
  const command = compose.services.agent?.command ?? [];
  const printed = runCli(t, 'relay-agent', [...command, '--print-config']);
  assert.equal(await printed.exited, 0, printed.output);
  const to = brokers.map(([name]) => `${name}:8080`).join();
  assert.match(printed.output, new RegExp(`^to = "${to}" #`, 'm'));
});

test('what is mounted, published and secret is said once, and there', () => {
  const secrets = new Set(services.flatMap(([, { secrets = [] }]) => secrets));
  assert.deepEqual([...secrets].sort(), Object.keys(compose.secrets).sort());
  for (const { file } of Object.values(compose.secrets)) assert.ok(typed(file), file);
  const ports = services.flatMap(([, { ports = [] }]) => ports);
  assert.equal(new Set(ports).size, ports.length);
  const disks = nats.flatMap(([, { volumes = [] }]) => volumes.slice(1));
  assert.deepEqual(
    disks.map((volume) => volume.split(':')[0]),
    Object.keys(compose.volumes),
  );
});

test(
  'the NATS servers take their configuration, with a key made as is said',
  needs('nats-server'),
  async () => {
    const { seed, publicKey } = await natsUser();
    assert.match(seed, /^SU[A-Z\d]{56}$/);
    assert.equal(nats.length, 3);
    for (const [name, { environment }] of nats) {
      assert.equal(environment?.NATS_NAME, name);
      const env = { ...process.env, ...environment, NATS_USER: publicKey };
      await run('nats-server', ['-t', '--config', 'examples/compose/nats.conf'], { env });
    }
  },
);

test('the token that is made as is said may have the name that the agent asks for', async (t) => {
  const folder = await emptyFolder(t);
  const [, create = ''] = / relay-broker (token create .*) >/.exec(typed('token create')) ?? [];
  const broker = resolve('dist/cli/relay-broker.js');
  await run('node', [broker, ...create.replace('/here', folder).split(' ')]);
  await run('sh', ['-c', typed('sed ').slice(4)], { cwd: folder });
  const { tokens } = JSON.parse(await readFile(join(folder, 'tokens.json'), 'utf8'));
  const [asked] = compose.services.agent?.command.filter((arg) => arg.startsWith('--name=')) ?? [];
  assert.deepEqual(tokens.web.names, [asked?.slice('--name='.length)]);
});

// No package of Debian's has this command.
if (spawnSync('docker', ['compose', 'version']).status === 0) {
  test('docker compose takes the file', async () => {
    const env = { ...process.env, NATS_USER: 'U' };
    await run('docker', ['compose', '--file', FILE, 'config', '--quiet'], { env });
  });
}
