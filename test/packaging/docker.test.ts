import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { dockerfile, imageEnvironment } from '../support/dockerfile.ts';
import { needs } from '../support/needs.ts';
import { Program, runBroker, runCli } from '../support/program.ts';

const COMPOSE = 'examples/compose';

interface Service {
  build?: { context: string; target: string };
  command: string[];
  environment?: Record<string, string>;
  stop_grace_period?: string;
}

test('a linter finds nothing wrong with the Dockerfile', needs('hadolint'), async () => {
  const { stdout } = await promisify(execFile)('hadolint', ['Dockerfile']);
  assert.equal(stdout, '');
});

test('the image is built from files that are there, and that .dockerignore lets in', async () => {
  const ignored = (await readFile('.dockerignore', 'utf8')).split('\n');
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)];
  const sources = copied.flatMap(([, files = '']) => files.split(' '));
  assert.deepEqual(
    sources.filter((file) => !existsSync(file)),
    [],
  );
  const letIn = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  assert.deepEqual(letIn.sort(), sources.sort());
});

test('the health check of the image passes while the broker answers, and fails when it has gone', async (t) => {
  const broker = await runBroker(t, '--admin', '0');
  const [, port = ''] = await broker.line(/Admin listener at http:\/\/127\.0\.0\.1:(\d+)/);
  const [, words = '[]'] = /HEALTHCHECK [^[]*CMD (\[.*\])$/m.exec(dockerfile) ?? [];
  const [command = '', ...args] = JSON.parse(words) as string[];
  const checks = args.map((arg) => arg.replace('9090', port));
  assert.notDeepEqual(checks, args);
  assert.match(imageEnvironment.RELAY_ADMIN ?? '', /^127\.0\.0\.1:9090$/);
  assert.equal(await new Program(t, command, checks).exited, 0);
  broker.signal('SIGTERM');
  await broker.exited;
  assert.equal(await new Program(t, command, checks).exited, 1);
});

test('the services of the compose file are ours, run as they are given, and get the time that they drain', async (t) => {
  const { services } = parse(await readFile(`${COMPOSE}/compose.yaml`, 'utf8')) as {
    services: Record<string, Service>;
  };
  for (const program of ['broker', 'agent'] as const) {
    const { build, command, environment, stop_grace_period } = services[program] as Service;
    assert.ok(existsSync(join(COMPOSE, build?.context ?? '', 'Dockerfile')));
    assert.ok(dockerfile.includes(`FROM installed AS ${build?.target}\n`));
    const env = { ...(program === 'broker' ? imageEnvironment : {}), ...environment };
    const printed = runCli(t, `relay-${program}`, [...command, '--print-config'], env);
    assert.equal(await printed.exited, 0, printed.output);
    const [, drain] = await printed.line(/^drain = (\d+)/);
    assert.ok(Number.parseInt(stop_grace_period ?? '', 10) > Number(drain));
  }
});
