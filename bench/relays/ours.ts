import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { build, fingerprint } from '../build.ts';
import { LoggedProcess } from '../logged-process.ts';
import { scratch } from '../scratch.ts';
import { Registrants } from './registrants.ts';
import type { Relay } from './relay.ts';

const HOST = '127.0.0.1';

/** Of one address, our control port has room for so few more who have not said what they want; older ones give way. */
const MOST_STRANGERS = 120;

/** Milliseconds. */
const SCRAPE_INTERVAL = 1000;

/** Scrapes before anything is measured. */
const WARM_UP = 100;

export const ours = relay('ours');
export const oursPortable = relay('ours, portable', { flags: ['--data-plane', 'portable'] });

/** With all on that tells an operator what it does, and somebody who looks more often than is usual. */
export const oursWatched = relay('ours, watched', {
  ofBroker: () => ['--admin', `${HOST}:0`, '--access-log', join(scratch, 'access.log')],
  watch: async (broker) => watch(await broker.logged(/Admin listener at (\S+)/)),
});

interface Variant {
  /** Of broker and agent. */
  flags?: string[];
  ofBroker?: () => string[];
  /** Looks at it, until it is told to stop. */
  watch?: (broker: LoggedProcess) => Promise<() => Promise<void>>;
}

function relay(name: string, { flags = [], ofBroker = () => [], watch }: Variant = {}): Relay {
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
        ...ofBroker(),
      ]);
      const control = await broker.logged(/Control connections on port (\d+)/);
      const agent = await LoggedProcess.start(node, [
        program('relay-agent'),
        ...[`${HOST}:${targetPort}`, '--to', `${HOST}:${control}`],
        ...flags,
      ]);
      const clientPort = Number(await broker.logged(/Serving relay requests on port (\d+)/));
      const registrants = new Registrants();
      const unwatch = await watch?.(broker);
      return {
        clientHost: HOST,
        clientPort,
        brokerPid: broker.pid,
        agentPid: agent.pid,
        async registerMore() {
          for (let opened = 0; opened < moreRegistrations; ) {
            const some = Math.min(MOST_STRANGERS, moreRegistrations - opened);
            // Silence is all that our control port asks for.
            await registrants.open(some, HOST, Number(control));
            opened += some;
            await broker.loggedTimes(/Serving relay requests/g, 1 + opened);
          }
        },
        async stop() {
          registrants.close();
          await unwatch?.();
          await agent.stop();
          await broker.stop();
        },
      };
    },
  };
}

/** Asks for the metrics again and again, far more often than Prometheus is usually told to. */
async function watch(url: string): Promise<() => Promise<void>> {
  const stopped = new AbortController();
  // What is compiled in the first minutes of a process is not what being looked at costs for years.
  for (let n = 0; n < WARM_UP; n += 1) await scrape(url);
  const watching = (async () => {
    while (!stopped.signal.aborted) {
      await scrape(url);
      await delay(SCRAPE_INTERVAL, undefined, { signal: stopped.signal }).catch(() => {});
    }
  })();
  return async () => {
    stopped.abort();
    await watching;
  };
}

async function scrape(url: string): Promise<void> {
  const answer = await fetch(new URL('metrics', url));
  if (!answer.ok) throw new Error(`The metrics were refused: ${answer.status}`);
  await answer.text();
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
