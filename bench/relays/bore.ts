import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { LoggedProcess } from '../logged-process.ts';
import { versionOnPath } from '../on-path.ts';
import { Registrants } from './registrants.ts';
import type { Relay } from './relay.ts';

/** Compiled into bore, so it is the address that has to vary between runs. */
const CONTROL_PORT = 7835;

/** What a bore client says first, asking for any port. */
const HELLO = '{"Hello":0}\0';

/** https://github.com/ekzhang/bore */
export const bore: Relay = {
  name: 'bore',
  version: () => versionOnPath('bore', '--version'),
  async start({ targetPort, moreRegistrations }) {
    const host = await freeLoopbackAddress();
    const broker = await LoggedProcess.start('bore', ['server', '--bind-addr', host]);
    await broker.logged(/(server listening)/);
    const agent = await LoggedProcess.start('bore', [
      ...['local', String(targetPort), '--local-host', '127.0.0.1'],
      ...['--to', host],
    ]);
    const clientPort = Number(await agent.logged(/listening at [\d.]+:(\d+)/));
    const registrants = new Registrants();
    return {
      clientHost: host,
      clientPort,
      brokerPid: broker.pid,
      agentPid: agent.pid,
      async registerMore() {
        await registrants.open(moreRegistrations, host, CONTROL_PORT, HELLO);
        await broker.loggedTimes(/new client/g, 1 + moreRegistrations);
      },
      async stop() {
        registrants.close();
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
