import type { TestContext } from 'node:test';
import type { Claim, Directory } from '#src/directory/directory.ts';
import { FleetDirectory, type FleetSettings } from '#src/directory/fleet-directory.ts';
import type { Store } from '#src/directory/store.ts';
import type { RelayError } from '#src/errors.ts';

/** A member of a test's fleet, without a broker. */
export interface FleetMember<S extends Store = Store> {
  directory: FleetDirectory;
  store: S;
  reports: RelayError[];
}

/** Members in this process, which ask each other for promises without a network. */
export class TestFleet {
  readonly #t: TestContext;
  readonly #lease: number;
  readonly #members = new Map<string, FleetDirectory>();
  /** Names of members that nobody can ask. */
  readonly cutOff = new Set<string>();

  constructor(t: TestContext, lease = 60) {
    this.#t = t;
    this.#lease = lease;
  }

  async join<S extends Store>(name: string, store: S): Promise<FleetMember<S>> {
    const reports: RelayError[] = [];
    const directory = await FleetDirectory.join(store, selfOf(name), {
      lease: this.#lease,
      ask: async (member, session) => {
        if (this.cutOff.has(name) || this.cutOff.has(member.name)) return false;
        return this.#members.get(member.name)?.promise(session) ?? false;
      },
      report: (error) => reports.push(error),
    } satisfies FleetSettings);
    this.#members.set(name, directory);
    this.#t.after(() => directory.leave());
    return { directory, store, reports };
  }
}

export function selfOf(name: string) {
  return { name, link: { host: '127.0.0.1', port: 1, key: 'k'.repeat(43) } };
}

/** Resolves when something is so at a directory. */
export async function comes(directory: Directory, isSo: () => boolean): Promise<void> {
  if (isSo()) return;
  await new Promise<void>((resolve) => {
    const look = () => {
      if (!isSo()) return;
      end();
      resolve();
    };
    const end = directory.watch({
      changed: look,
      memberChanged: look,
      reachable: look,
      tenure: look,
    });
  });
}

/** Whether a claim is lost by now. */
export async function isLost(claim: Claim): Promise<boolean> {
  const kept = Symbol();
  return (await Promise.race([claim.lost, Promise.resolve(kept)])) !== kept;
}
