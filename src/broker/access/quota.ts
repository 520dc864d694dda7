import type { Refusal } from '../reception/refusal.ts';
import type { Site } from '../registration/site.ts';
import type { TokenRights } from './token-rights.ts';

/**
 * Sees to it that a token has no more registrations than it may, in the whole fleet. What other members register at this very
 * moment is not seen yet; while the directory is out of reach, each member keeps to its share.
 */
export class Quota {
  readonly #site: Pick<Site, 'directory' | 'registry'>;
  /** Registrations of each token that are being made here, and that the directory may not know of. */
  readonly #underWay = new Map<string, number>();

  constructor(site: Pick<Site, 'directory' | 'registry'>) {
    this.#site = site;
  }

  /** Makes one more of a token, if it may have that. */
  async within(
    { name = '', maxRegistrations }: Partial<TokenRights> = {},
    make: () => Promise<Refusal | undefined>,
  ): Promise<Refusal | undefined> {
    if (maxRegistrations === undefined) return make();
    if (this.#isUsed(name, maxRegistrations)) return { cause: 'token-full', detail: name };
    this.#count(name, 1);
    try {
      return await make();
    } finally {
      this.#count(name, -1);
    }
  }

  #isUsed(name: string, most: number): boolean {
    const { directory, registry } = this.#site;
    if (directory.isReachable) {
      return directory.leasesOf(name) + (this.#underWay.get(name) ?? 0) >= most;
    }
    const members = directory.members().filter(({ state }) => state !== 'gone').length;
    return registry.ofToken(name) >= Math.ceil(most / Math.max(1, members));
  }

  #count(name: string, by: number): void {
    const now = (this.#underWay.get(name) ?? 0) + by;
    if (now > 0) this.#underWay.set(name, now);
    else this.#underWay.delete(name);
  }
}
