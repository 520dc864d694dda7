import { join } from 'node:path';
import { build } from '../build.ts';
import { LoggedProcess } from '../logged-process.ts';
import { freePort } from '../relays/free-ports.ts';

const HOST = '127.0.0.1';

/** Of the registrations that a measurement makes. */
const ROOM = 100_000;

/** A broker of a fleet. */
export interface BenchMember {
  pid: number | undefined;
  /** `<host>:<port>`, where agents register. */
  control: string;
  /** Where clients ask for a name. */
  names: string;
  stop(): Promise<void>;
}

export async function startMember(node: string, urls: string): Promise<BenchMember> {
  const broker = await LoggedProcess.start(node, [
    join(build, 'dist', 'cli', 'relay-broker.js'),
    ...[String(await freePort()), '--host', HOST, '--advertise', HOST, '--names', '0:0'],
    ...['--cluster', urls, '--cluster-name', 'bench', '--max-registrations', String(ROOM)],
    // An agent that is late to say what it speaks is not one of the basic protocol.
    ...['--hello-wait', '5000'],
  ]);
  const control = await broker.logged(/Control connections on port (\d+)/);
  const names = await broker.logged(/Front door names-client on port (\d+)/);
  return {
    pid: broker.pid,
    control: `${HOST}:${control}`,
    names: `${HOST}:${names}`,
    stop: () => broker.stop(),
  };
}
