import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { emptyFolder } from '../support/folder.ts';
import { needs } from '../support/needs.ts';
import { Program } from '../support/program.ts';
import { serve, visit } from '../support/tcp.ts';

const run = promisify(execFile);

const UNITS = 'packaging/systemd';

/** Of 100, as systemd-analyze counts what a service could do that has been broken into. */
const MOST_EXPOSURE = 12;

describe('the units for systemd', needs('systemd-analyze'), () => {
  test('are accepted without a warning', async (t) => {
    const folder = await emptyFolder(t);
    const program = join(folder, 'program');
    await writeFile(program, '#!/bin/sh\n');
    await chmod(program, 0o755);
    const names = await readdir(UNITS);
    assert.deepEqual(names, [
      'relay-agent@.service',
      'relay-broker.service',
      'relay-broker.socket',
    ]);
    for (const name of names) {
      const unit = await readFile(join(UNITS, name), 'utf8');
      // Where the programs are installed is looked up, and here they are not.
      await writeFile(
        join(folder, name),
        unit.replace(/^ExecStart=relay-\w+/m, `ExecStart=${program}`),
      );
    }
    const verify = ['verify', '--man=no', ...names];
    const { stdout, stderr } = await run('systemd-analyze', verify, { cwd: folder });
    assert.equal(stdout + stderr, '');
  });

  for (const name of ['relay-broker.service', 'relay-agent@.service']) {
    test(`leave ${name} little that it could do`, async () => {
      const threshold = `--threshold=${MOST_EXPOSURE}`;
      await run('systemd-analyze', ['security', '--offline=true', threshold, join(UNITS, name)]);
    });
  }
});

test(
  'broker and agent make no system call that their units forbid',
  needs('systemd-analyze', 'strace'),
  async (t) => {
    const folder = await emptyFolder(t);
    const echo = await serve(t, (socket) => socket.pipe(socket));
    const calls = (name: string) => join(folder, `${name}.calls`);
    const traced = (name: string, ...args: string[]) => {
      const strace = ['-D', '-f', '-c', '-U', 'name', '-o', calls(name), process.execPath];
      return new Program(t, 'strace', [...strace, `dist/cli/${name}.js`, ...args], {
        // The same as under systemd.
        NOTIFY_SOCKET: join(folder, 'nobody'),
        WATCHDOG_USEC: '200000',
      });
    };
    const options = ['--state', join(folder, 'state.json'), '--hello-wait', '10000'];
    const broker = traced('relay-broker', '0', '--host', '127.0.0.1', ...options);
    const [, control] = await broker.line(/Control connections on port (\d+)/);
    const to = ['--to', `127.0.0.1:${control}`];
    const ready = ['--on-ready', 'echo "$RELAY_PORT" >&2'];
    const agent = traced('relay-agent', String(echo.port), ...to, ...ready);
    const [port] = await agent.line(/^\d+$/);
    assert.equal(await visit(t, Number(port), 'hello'), 'hello');
    for (const program of [agent, broker]) {
      program.signal('SIGTERM');
      assert.equal(await program.exited, 0);
    }
    for (const name of ['relay-broker', 'relay-agent']) {
      // Between a line that says "syscall" and one that says "total".
      const made = (await readFile(calls(name), 'utf8')).match(/^\w+$/gm)?.slice(1, -1) ?? [];
      assert.ok(made.length > 40, made.join());
      const allowed = await allowedBy(name === 'relay-agent' ? 'relay-agent@' : name);
      // A file is given to whom it belongs to already; where that is not allowed, nothing is amiss.
      assert.deepEqual(
        made.filter((call) => !allowed.has(call) && call !== 'chown'),
        [],
      );
    }
  },
);

/** The system calls that a unit allows: groups that it names, less those behind a `~`. */
async function allowedBy(name: string): Promise<Set<string>> {
  const unit = await readFile(join(UNITS, `${name}.service`), 'utf8');
  const allowed = new Set<string>();
  for (const [, not, groups = ''] of unit.matchAll(/^SystemCallFilter=(~?)(.*)$/gm)) {
    for (const group of groups.split(' ')) {
      for (const call of await callsOf(group)) not ? allowed.delete(call) : allowed.add(call);
    }
  }
  return allowed;
}

async function callsOf(group: string): Promise<string[]> {
  const { stdout } = await run('systemd-analyze', ['syscall-filter', group]);
  const members = stdout.match(/(?<=^\s+)@?\w[\w-]*$/gm) ?? [];
  const calls = members.map((each) => (each.startsWith('@') ? callsOf(each) : [each]));
  return (await Promise.all(calls)).flat();
}
