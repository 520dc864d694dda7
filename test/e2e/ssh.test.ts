import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, rmdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { emptyFolder } from '../support/folder.ts';
import { needs } from '../support/needs.ts';
import { doorOf, Program, runBroker, runCli } from '../support/program.ts';
import { freePorts } from '../support/tcp.ts';

const MIB = 1024 * 1024;

test(
  'a session of ssh runs through relay-connect',
  needs('ssh', 'sshd', 'ssh-keygen'),
  async (t) => {
    const folder = await emptyFolder(t);
    for (const key of ['host', 'user']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
    }
    const sshd = await serveSsh(t, folder);
    const broker = await runBroker(t, '--names', '0:0');
    const to = `127.0.0.1:${broker.controlPort}`;
    runCli(t, 'relay-agent', [String(sshd), '--to', to, '--name', 'laptop']);
    await broker.line(/for the name "laptop"/);

    const via = `127.0.0.1:${await doorOf(broker, 'names-client')}`;
    await writeFile(join(folder, 'known'), `laptop ${await readFile(join(folder, 'host.pub'))}`);
    const options = [
      `ProxyCommand=${process.execPath} ${resolve('dist/cli/relay-connect.js')} %h --via ${via}`,
      `UserKnownHostsFile=${join(folder, 'known')}`,
      `IdentityFile=${join(folder, 'user')}`,
      'IdentitiesOnly=yes',
      'BatchMode=yes',
      'LogLevel=ERROR',
    ].flatMap((option) => ['-o', option]);
    const command = 'cat; echo that is all >&2; exit 3';
    const ssh = spawn('ssh', ['-F', 'none', ...options, `${userInfo().username}@laptop`, command]);
    t.after(() => ssh.kill('SIGKILL'));
    const ended = once(ssh, 'close');
    const [out, err] = [buffer(ssh.stdout), text(ssh.stderr)];
    const sent = randomBytes(MIB);
    ssh.stdin.end(sent);
    assert.equal(await err, 'that is all\n');
    assert.ok((await out).equals(sent));
    assert.deepEqual(await ended, [3, null]);
  },
);

/** A server for the user that runs the test, who has the key `user`. */
async function serveSsh(t: TestContext, folder: string): Promise<number> {
  if (process.getuid?.() === 0) makeRunFolder(t);
  const port = await freePorts(1);
  const settings = {
    ListenAddress: `127.0.0.1:${port}`,
    HostKey: join(folder, 'host'),
    AuthorizedKeysFile: join(folder, 'user.pub'),
    PidFile: 'none',
    // The folder is in one where everybody may write.
    StrictModes: 'no',
    PasswordAuthentication: 'no',
    KbdInteractiveAuthentication: 'no',
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} ${value}\n`);
  const config = join(folder, 'sshd_config');
  await writeFile(config, lines.join(''));
  // It starts itself anew for each connection, and for that has to be called by its whole path.
  const sshd = execFileSync('which', ['sshd']).toString().trim();
  const server = new Program(t, sshd, ['-D', '-e', '-f', config]);
  await server.line(/Server listening on/);
  return port;
}

/** What sshd, run by root, shuts its unprivileged part in; made where nothing has started one before. */
function makeRunFolder(t: TestContext): void {
  try {
    mkdirSync('/run/sshd', { mode: 0o755 });
    t.after(() => rmdirSync('/run/sshd'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
