import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, fingerprint } from '../build.ts';
import { LoggedProcess } from '../logged-process.ts';
import { Registrants } from './registrants.ts';
import type { Relay } from './relay.ts';

const HOST = '127.0.0.1';

export const ours = relay('ours', []);
export const oursPortable = relay('ours, portable', ['--data-plane', 'portable']);

function relay(name: string, flags: string[]): Relay {
  return {
    name,
    version: () => (knows(flags) ? version() : undefined),
    async start({ targetPort, moreRegistrations, options: { node, profile } }) {
      const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
      const broker = await LoggedProcess.start(node, [
        ...profiling,
        program('relay-broker'),
        ...['0', '--host', HOST],
        ...flags,
      ]);
      const control = await broker.logged(/Control connections on port (\d+)/);
      const agent = await LoggedProcess.start(node, [
        program('relay-agent'),
        ...[`${HOST}:${targetPort}`, '--to', `${HOST}:${control}`],
        ...flags,
      ]);
      const clientPort = Number(await broker.logged(/Serving relay requests on port (\d+)/));
      const registrants = new Registrants();
      return {
        clientHost: HOST,
        clientPort,
        brokerPid: broker.pid,
        agentPid: agent.pid,
        async registerMore() {
          // Silence is all that our control port asks for.
          await registrants.open(moreRegistrations, HOST, Number(control));
          await broker.loggedTimes(/Serving relay requests/g, 1 + moreRegistrations);
        },
        async stop() {
          registrants.close();
          await agent.stop();
          await broker.stop();
        },
      };
    },
  };
}

function version(): string {
  const text = readFileSync(join(build, 'package.json'), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return `${version} (dist ${fingerprint()})`;
}

/** Whether this build has the option that a column is about. */
function knows([option = '']: string[]): boolean {
  const args = [program('relay-broker'), '--help'];
  return spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout.includes(option);
}

function program(name: string): string {
  return join(build, 'dist', 'cli', `${name}.js`);
}
