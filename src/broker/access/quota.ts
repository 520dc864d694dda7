import type { Refusal } from '../reception/refusal.ts';
import type { Site } from '../registration/site.ts';
import type { TokenRights } from './token-rights.ts';

type Bounded = Pick<TokenRights, 'name' | 'maxRegistrations'>;

/**
 * Sees to it that a token has no more registrations than it may, in the whole fleet. While the directory is out of reach, each
 * member keeps to its share of what was left by then.
 */
export class Quota {
  readonly #site: Pick<Site, 'directory' | 'registry'>;

  constructor(site: Pick<Site, 'directory' | 'registry'>) {
    this.#site = site;
  }

  /** Why a token may not have one more, by what is known. */
  refusal(rights: Bounded | undefined): Refusal | undefined {
    if (rights?.maxRegistrations === undefined) return undefined;
    return this.#isUsed(rights.name, rights.maxRegistrations) ? full(rights) : undefined;
  }

  /**
   * The same of one whose lease has been claimed, when all that was claimed before is known.
   *
   * @param generation - of that claim, if there is one yet
   */
  async excess(
    rights: Bounded | undefined,
    generation: number | undefined,
  ): Promise<Refusal | undefined> {
    if (rights?.maxRegistrations === undefined || generation === undefined) return undefined;
    const { name, maxRegistrations: most } = rights;
    const isWithin = await this.#site.directory.isWithin(most, name, generation);
    return isWithin ? undefined : full(rights);
  }

  #isUsed(name: string, most: number): boolean {
    const { directory, registry } = this.#site;
    const known = directory.leasesOf(name);
    if (directory.isReachable) return known >= most;
    const members = directory.members().filter(({ state }) => state !== 'gone').length;
    const left = Math.max(0, most - known);
    return registry.ofToken(name) - this.#knownHere(name) >= Math.ceil(left / Math.max(1, members));
  }

  /** Registrations of this member that others know of. */
  #knownHere(name: string): number {
    const { directory } = this.#site;
    const leases = [...directory.all('lease')].filter(({ record }) => record.token === name);
    return leases.filter(({ member }) => member.session === directory.self.session).length;
  }
}

function full({ name }: Bounded): Refusal {
  return { cause: 'token-full', detail: name };
}
