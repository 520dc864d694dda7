import { LoggedProcess } from '../logged-process.ts';
import { versionOnPath } from '../on-path.ts';
import { configFile } from '../scratch.ts';
import { freePorts } from './free-ports.ts';
import type { Relay } from './relay.ts';

const HOST = '127.0.0.1';

/** https://github.com/rathole-org/rathole */
export const rathole: Relay = {
  name: 'rathole',
  version: () => versionOnPath('rathole', '--version'),
  async start({ targetPort, moreRegistrations }) {
    const ports = await freePorts(2 + moreRegistrations);
    const [control = 0, clientPort = 0, ...morePorts] = ports;
    const broker = await startWith(serverConfig(control, [clientPort, ...morePorts]));
    await broker.logged(/(Listening at)/);
    const first = await startWith(clientConfig(control, [clientPort], targetPort));
    await broker.logged(new RegExp(`Listening at ${HOST}:(${clientPort})`));
    const agents = [first];
    return {
      clientHost: HOST,
      clientPort,
      brokerPid: broker.pid,
      agentPid: first.pid,
      async registerMore() {
        agents.push(await startWith(clientConfig(control, morePorts, targetPort)));
        await broker.loggedTimes(/Listening at/g, ports.length);
      },
      async stop() {
        for (const agent of agents) await agent.stop();
        await broker.stop();
      },
    };
  },
};

function startWith(config: string): Promise<LoggedProcess> {
  return LoggedProcess.start('rathole', [configFile('toml', config)]);
}

function serverConfig(control: number, ports: number[]): string {
  const services = ports.map((port) => `[server.services.s${port}]\nbind_addr = "${HOST}:${port}"`);
  const head = `[server]\nbind_addr = "${HOST}:${control}"\ndefault_token = "bench"`;
  return [head, ...services].join('\n');
}

function clientConfig(control: number, ports: number[], targetPort: number): string {
  const target = `local_addr = "${HOST}:${targetPort}"`;
  const services = ports.map((port) => `[client.services.s${port}]\n${target}`);
  const head = `[client]\nremote_addr = "${HOST}:${control}"\ndefault_token = "bench"`;
  return [head, ...services].join('\n');
}
