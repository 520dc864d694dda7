import type { TestContext } from 'node:test';
import { needs } from './needs.ts';
import { BASIC, doorOf, Program, type RunningBroker, runCli, runTypeScript } from './program.ts';
import { firstBlock } from './readme.ts';
import { byHostField, byParking, bySni, HOST_OPTIONS, type WayIn } from './ways-in.ts';

/** A program that registers with a broker and has its clients' bytes echoed. */
export interface Registrant {
  name: string;
  /** Options of the tests that use it. */
  needs: { skip: string | false };
  /** Options of the broker that it is to register with. */
  brokerOptions: string[];
  /** Whether the port of its clients is there without it: that of a pool, or of all services with a name. */
  portStays?: true;
  /** How clients get to it, if not by a port of its own. */
  wayIn?: WayIn;
  start(t: TestContext, broker: RunningBroker, echoPort: number): Promise<Program>;
}

const portable = ['--data-plane', 'portable'];

/** As many as the clients that come and leave at once in a test: each uses one up for five seconds. */
const CONNECTIONS = '64';

/** More than the clients that come at once: whoever finds none is told so. */
const PARKED = '420';

/** Agents whose clients have a port of their own. */
export const agents: Registrant[] = [
  relayAgent('relay-agent', [], []),
  relayAgent('relay-agent, all of it portable', portable, portable),
  relayAgent('a portable relay-agent', [], portable),
  relayAgent('relay-agent and a portable broker', portable, []),
  relayAgent('relay-agent --mux', [], ['--mux']),
];

/** Those whose clients say whom they want. */
export const named: Registrant[] = [
  byName('relay-agent, by SNI', bySni, portable),
  byName('relay-agent, by Host', byHostField, []),
  {
    name: 'a names door',
    needs: { skip: false },
    brokerOptions: ['--names', '0:0'],
    portStays: true,
    wayIn: byParking,
    start: async (t, broker) => {
      const args = [await doorOf(broker, 'names'), 'echo', PARKED];
      const program = runTypeScript(t, 'test/interop/names-registrant.ts', ...args);
      (await byParking.connect(t, await byParking.port(broker))).destroy();
      return program;
    },
  },
];

/** Those that come in by another protocol. */
export const doors: Registrant[] = [
  {
    name: 'an announce door',
    needs: { skip: false },
    brokerOptions: ['--announce-port', '0'],
    start: async (t, broker) => {
      const port = await doorOf(broker, 'announce');
      return runTypeScript(t, 'test/interop/announce-registrant.ts', port);
    },
  },
  {
    name: 'a pool',
    needs: { skip: false },
    brokerOptions: ['--pool', '0:0'],
    portStays: true,
    start: async (t, broker) => {
      const port = await doorOf(broker, 'pool');
      return runTypeScript(t, 'test/interop/pool-far-end.ts', port, CONNECTIONS);
    },
  },
  {
    name: 'a pool, with relay-agent behind it',
    needs: { skip: false },
    brokerOptions: ['--pool', '0:0'],
    portStays: true,
    start: async (t, broker, echoPort) => {
      const pool = `127.0.0.1:${await doorOf(broker, 'pool')}`;
      const options = ['--pool', pool, '--connections', CONNECTIONS];
      return runCli(t, 'relay-agent', [String(echoPort), ...options]);
    },
  },
  {
    name: 'a registrant of the mux door written from its specification alone',
    needs: { skip: false },
    brokerOptions: BASIC,
    start: async (t, { controlPort }) =>
      runTypeScript(t, 'test/interop/mux-registrant.ts', String(controlPort)),
  },
];

/** Servers of the basic protocol that share nothing with this project. */
export const servers: Registrant[] = [
  {
    name: 'a registrant written from docs/protocol.md alone',
    needs: { skip: false },
    brokerOptions: BASIC,
    start: async (t, { controlPort }) =>
      runTypeScript(t, 'test/interop/legacy-registrant.ts', String(controlPort)),
  },
  {
    name: 'the Python server of the README',
    needs: needs('python3'),
    brokerOptions: BASIC,
    start: async (t, { controlPort }) =>
      new Program(t, 'python3', [
        await firstBlock(t, 'python', 'server.py'),
        '127.0.0.1',
        String(controlPort),
      ]),
  },
  {
    name: 'the Go server of the README',
    needs: needs('go'),
    brokerOptions: BASIC,
    start: async (t, { controlPort }) => {
      const source = await firstBlock(t, 'go', 'server.go');
      const binary = source.replace(/\.go$/, '');
      const build = new Program(t, 'go', ['build', '-o', binary, source]);
      if ((await build.exited) !== 0) throw new Error(build.output);
      return new Program(t, binary, ['127.0.0.1', String(controlPort)]);
    },
  },
];

function byName(name: string, wayIn: WayIn, brokerOptions: string[]): Registrant {
  const agent = relayAgent(name, [...HOST_OPTIONS, ...brokerOptions], ['--name', 'echo']);
  return { ...agent, wayIn, portStays: true };
}

function relayAgent(name: string, brokerOptions: string[], options: string[]): Registrant {
  return {
    name,
    needs: { skip: false },
    brokerOptions,
    start: async (t, { controlPort }, echoPort) => {
      const to = `127.0.0.1:${controlPort}`;
      return runCli(t, 'relay-agent', [String(echoPort), '--to', to, ...options]);
    },
  };
}
