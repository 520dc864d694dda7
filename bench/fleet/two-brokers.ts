import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { build } from '../build.ts';
import { LoggedProcess } from '../logged-process.ts';
import { scratch } from '../scratch.ts';

const HOST = '127.0.0.1';

/** What the service is called. */
export const SERVICE = 'bench';

/** A broker, and where clients ask it for names. */
export interface FleetBroker {
  pid: number | undefined;
  via: string;
}

/** A fleet of two, of which one has a service. */
export interface TwoBrokers {
  owner: FleetBroker;
  other: FleetBroker;
  stop(): Promise<void>;
}

let started = 0;

/** Starts NATS, both brokers and, at one of them, an agent for this port. */
export async function startTwoBrokers(
  node: string,
  dataPlane: string,
  target: number,
): Promise<TwoBrokers> {
  const processes: LoggedProcess[] = [];
  const start = async (...args: Parameters<typeof LoggedProcess.start>) => {
    const started = await LoggedProcess.start(...args);
    processes.push(started);
    return started;
  };
  const program = (name: string) => join(build, 'dist', 'cli', `${name}.js`);

  started += 1;
  const store = join(scratch, `nats-${started}`);
  mkdirSync(store);
  const nats = await start('nats-server', ['-js', '-a', HOST, '-p', '-1', '-sd', store]);
  const url = await nats.logged(/Listening for client connections on (\S+)/);

  const plane = ['--data-plane', dataPlane];
  const startBroker = async () => {
    const control = await freePort();
    const member = ['--cluster', `nats://${url}`, '--advertise', HOST];
    const args = [`${control}`, '--host', HOST, '--names', '0:0', ...member, ...plane];
    const broker = await start(node, [program('relay-broker'), ...args]);
    const door = await broker.logged(/Front door names-client on port (\d+)/);
    await broker.logged(/(Control connections) on port/);
    return { broker, control, via: `${HOST}:${door}` };
  };
  const owner = await startBroker();
  const other = await startBroker();
  const agent = await start(node, [
    program('relay-agent'),
    ...[`${HOST}:${target}`, '--to', `${HOST}:${owner.control}`, '--name', SERVICE, ...plane],
  ]);
  await agent.logged(/(Its name there is)/);
  return {
    owner: { pid: owner.broker.pid, via: owner.via },
    other: { pid: other.broker.pid, via: other.via },
    async stop() {
      for (const running of processes.reverse()) await running.stop();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
