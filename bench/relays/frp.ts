import { LoggedProcess } from '../logged-process.ts';
import { versionOnPath } from '../on-path.ts';
import { configFile } from '../scratch.ts';
import { freePorts } from './free-ports.ts';
import type { Relay } from './relay.ts';

const HOST = '127.0.0.1';

/** https://github.com/fatedier/frp */
export const frp = relay('frp', '');
export const frpWithoutMux = relay('frp, no mux', 'transport.tcpMux = false');

function relay(name: string, setting: string): Relay {
  return {
    name,
    version: () => versionOnPath('frpc', '--version') && versionOnPath('frps', '--version'),
    async start({ targetPort, moreRegistrations }) {
      const ports = await freePorts(2 + moreRegistrations);
      const [control = 0, clientPort = 0, ...morePorts] = ports;
      const listen = `bindAddr = "${HOST}"\nbindPort = ${control}`;
      const broker = await startWith('frps', [setting, listen]);
      await broker.logged(/(started successfully)/);
      const login = [setting, `serverAddr = "${HOST}"\nserverPort = ${control}`];
      const first = await startWith('frpc', [...login, proxy(clientPort, targetPort)]);
      await broker.loggedTimes(/listen port/g, 1);
      const agents = [first];
      return {
        clientHost: HOST,
        clientPort,
        brokerPid: broker.pid,
        agentPid: first.pid,
        async registerMore() {
          const proxies = morePorts.map((port) => proxy(port, targetPort));
          agents.push(await startWith('frpc', [...login, ...proxies]));
          await broker.loggedTimes(/listen port/g, 1 + moreRegistrations);
        },
        async stop() {
          for (const agent of agents) await agent.stop();
          await broker.stop();
        },
      };
    },
  };
}

function startWith(program: string, config: string[]): Promise<LoggedProcess> {
  return LoggedProcess.start(program, ['-c', configFile('toml', config.join('\n'))]);
}

function proxy(port: number, targetPort: number): string {
  return [
    '[[proxies]]',
    `name = "p${port}"`,
    'type = "tcp"',
    `localIP = "${HOST}"`,
    `localPort = ${targetPort}`,
    `remotePort = ${port}`,
  ].join('\n');
}
