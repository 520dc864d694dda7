import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { installation } from '../../support/installation.ts';
import { needs } from '../../support/needs.ts';
import { clientPortOf, Program } from '../../support/program.ts';
import { connectTo, read } from '../../support/tcp.ts';

const MIB = 1024 * 1024;

test('an accept that fails for want of descriptors is tried again, and hurts nobody', {
  ...needs('strace'),
}, async (t) => {
  // The thread's first four take a client and its back-connect, and find both queues empty.
  const inject = ['-e', 'trace=accept4', '-e', 'inject=accept4:error=EMFILE:when=5..7'];
  const strace = ['-D', '-f', '--seccomp-bpf', '-o', '/dev/null', ...inject, process.execPath];
  const args = ['dist/cli/relay-broker.js', '0', '--host', '127.0.0.1', '--data-plane', 'linux'];
  const broker = new Program(t, 'strace', [...strace, ...args]);
  const relay = await registrationWith(t, broker);
  const { client, server } = await relay.pair();
  const late = relay.pair();
  await broker.line(/No descriptors or memory left for more clients: they wait to be accepted/);
  client.write('still here');
  assert.equal((await read(server, 10)).toString(), 'still here');

  const second = await late;
  second.server.write('room again');
  assert.equal((await read(second.client, 10)).toString(), 'room again');
  assert.equal(broker.lines.filter((line) => line.includes('descriptors')).length, 1);
});

/** An ordinary user, whose share of pipes is limited: root's is not. */
const USER = 65534;
const asUser = ['--reuid', String(USER), '--regid', String(USER), '--clear-groups'];

/** Opens pipes until this user gets none of the usual size any more (F_GETPIPE_SZ), and keeps them. */
const HOARD = `
import fcntl, os, resource, signal
limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
os.setuid(${USER})
pipes = [os.pipe()]
while fcntl.fcntl(pipes[-1][0], 1032) >= 65536:
    pipes.append(os.pipe())
print("spent", flush=True)
signal.pause()
`;

test('with no pipes left for this user every byte arrives all the same, and the log says so once', {
  ...needsOrdinaryUser(),
}, async (t) => {
  const folder = await installation(t);
  const hoard = new Program(t, 'python3', ['-c', HOARD]);
  await hoard.line(/^spent$/);
  const program = join(folder, 'dist/cli/relay-broker.js');
  const options = ['--host', '127.0.0.1', '--data-plane', 'linux'];
  const command = [...asUser, process.execPath, program, '0', ...options];
  const broker = new Program(t, 'setpriv', command, { NODE_V8_COVERAGE: '' });
  const relay = await registrationWith(t, broker);
  const pairs = [await relay.pair(), await relay.pair(), await relay.pair()];
  const transfers = pairs.flatMap(({ client, server }) => [
    transfer(client, server),
    transfer(server, client),
  ]);
  await Promise.all(transfers);
  await broker.line(/share of kernel pipes or the descriptors for them are used up/);
  assert.equal(broker.lines.filter((line) => line.includes('pipes')).length, 1);
});

function needsOrdinaryUser(): { skip: string | false } {
  if (process.getuid?.() !== 0) return { skip: 'needs root, to be somebody else' };
  const { status } = spawnSync('setpriv', [...asUser, process.execPath, '--version']);
  return status === 0 ? needs('setpriv', 'python3') : needs('setpriv', 'python3', 'a-node-for-all');
}

/** 16 MiB one way, to a reader that pauses between its reads so that bytes pile up. */
async function transfer(
  from: Awaited<ReturnType<typeof connectTo>>,
  to: Awaited<ReturnType<typeof connectTo>>,
): Promise<void> {
  const sent = randomBytes(16 * MIB);
  from.end(sent);
  const hash = createHash('sha256');
  // The default would close the connection at the end of this direction, whatever the other has left to send.
  for await (const chunk of to.iterator({ destroyOnReturn: false })) {
    hash.update(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(hash.digest('hex'), createHash('sha256').update(sent).digest('hex'));
}

/** A registration with a broker, and pairs through it. */
async function registrationWith(t: TestContext, broker: Program) {
  const [, controlPort] = await broker.line(/Control connections on port (\d+)/);
  const control = await connectTo(t, Number(controlPort));
  const port = await clientPortOf(broker);
  return {
    async pair() {
      const client = await connectTo(t, port);
      const [, backConnectPort] =
        /(\d+)/.exec(String(await read(control, '[NEW] 10000\n'.length))) ?? [];
      const server = await connectTo(t, Number(backConnectPort));
      return { client, server };
    },
  };
}
