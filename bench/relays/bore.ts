import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { LoggedProcess } from '../logged-process.ts';
import type { Relay } from './relay.ts';

/** Compiled into bore, so it is the address that has to vary between runs. */
const CONTROL_PORT = 7835;

/** https://github.com/ekzhang/bore */
export const bore: Relay = {
  name: 'bore',
  version() {
    try {
      return execFileSync('bore', ['--version'], { encoding: 'utf8' }).trim();
    } catch {
      return undefined;
    }
  },
  async start(targetPort) {
    const host = await freeLoopbackAddress();
    const broker = await LoggedProcess.start('bore', ['server', '--bind-addr', host]);
    await broker.logged(/(server listening)/);
    const agent = await LoggedProcess.start('bore', [
      'local',
      String(targetPort),
      '--local-host',
      '127.0.0.1',
      '--to',
      host,
    ]);
    return {
      clientHost: host,
      clientPort: Number(await agent.logged(/listening at [\d.]+:(\d+)/)),
      brokerPid: broker.pid,
      agentPid: agent.pid,
      async stop() {
        await agent.stop();
        await broker.stop();
      },
    };
  },
};

async function freeLoopbackAddress(): Promise<string> {
  const host = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  const probe = createServer().listen(CONTROL_PORT, host);
  await once(probe, 'listening');
  probe.close();
  await once(probe, 'close');
  return host;
}
