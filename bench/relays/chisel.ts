import { LoggedProcess } from '../logged-process.ts';
import { versionOnPath } from '../on-path.ts';
import { freePorts } from './free-ports.ts';
import type { Relay } from './relay.ts';

const HOST = '127.0.0.1';

/** https://github.com/jpillora/chisel */
export const chisel: Relay = {
  name: 'chisel',
  version: () => versionOnPath('chisel', '--version'),
  async start({ targetPort, moreRegistrations }) {
    const ports = await freePorts(2 + moreRegistrations);
    const [control = 0, clientPort = 0, ...morePorts] = ports;
    const broker = await LoggedProcess.start('chisel', [
      ...['server', '--reverse', '--host', HOST, '--port', String(control)],
    ]);
    await broker.logged(/(Listening on)/);
    const startAgent = (exposed: number[]) => {
      const remotes = exposed.map((port) => `R:${HOST}:${port}:${HOST}:${targetPort}`);
      return LoggedProcess.start('chisel', ['client', `http://${HOST}:${control}`, ...remotes]);
    };
    const first = await startAgent([clientPort]);
    await broker.loggedTimes(/proxy#.*Listening/g, 1);
    const agents = [first];
    return {
      clientHost: HOST,
      clientPort,
      brokerPid: broker.pid,
      agentPid: first.pid,
      async registerMore() {
        agents.push(await startAgent(morePorts));
        await broker.loggedTimes(/proxy#.*Listening/g, 1 + moreRegistrations);
      },
      async stop() {
        for (const agent of agents) await agent.stop();
        await broker.stop();
      },
    };
  },
};
