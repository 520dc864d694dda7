import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, fingerprint } from '../build.ts';
import { LoggedProcess } from '../logged-process.ts';
import type { Relay } from './relay.ts';

const HOST = '127.0.0.1';

export const ours: Relay = {
  name: 'ours',
  version() {
    const text = readFileSync(join(build, 'package.json'), 'utf8');
    const { version } = JSON.parse(text) as { version: string };
    return `${version} (dist ${fingerprint()})`;
  },
  async start(targetPort, { node, profile }) {
    const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
    const broker = await LoggedProcess.start(node, [
      ...flags,
      program('relay-broker'),
      '0',
      '--host',
      HOST,
    ]);
    const control = await broker.logged(/Control connections on port (\d+)/);
    const agent = await LoggedProcess.start(node, [
      program('relay-agent'),
      `${HOST}:${targetPort}`,
      '--to',
      `${HOST}:${control}`,
    ]);
    return {
      clientHost: HOST,
      clientPort: Number(await broker.logged(/Serving relay requests on port (\d+)/)),
      brokerPid: broker.pid,
      agentPid: agent.pid,
      async stop() {
        await agent.stop();
        await broker.stop();
      },
    };
  },
};

function program(name: string): string {
  return join(build, 'dist', 'cli', `${name}.js`);
}
