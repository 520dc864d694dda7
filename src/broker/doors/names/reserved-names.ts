import type { DoorRefusal } from '../../events.ts';
import type { Site } from '../../registration/site.ts';
import type { NameRegistration } from './name-registration.ts';
import { ReservedName } from './reserved-name.ts';

/** Names that one address may have. */
const MOST_OF_ONE_ADDRESS = 100;

/** The names that servers have reserved at the names door, and whose they are. */
export class ReservedNames {
  readonly #site: Site;
  readonly #names = new Map<string, ReservedName>();

  constructor(site: Site) {
    this.#site = site;
  }

  /** Undefined when the name is theirs from now on. */
  async reserve(name: string, address: string): Promise<DoorRefusal | undefined> {
    if (this.#names.has(name)) return 'used';
    const opened = await this.connect(name, address);
    return typeof opened === 'string' ? opened : undefined;
  }

  /** What their connections are parked at; the name is reserved if nobody has it. */
  async connect(name: string, address: string): Promise<NameRegistration | DoorRefusal> {
    if (!this.#site.access.admitsAnybodyAt(address)) return 'basic-refused';
    const reserved = this.#names.get(name) ?? this.#reserve(name, address);
    if (typeof reserved === 'string') return reserved;
    return this.#mayUse(reserved, address) ? reserved.opened : 'used';
  }

  /** Undefined when the name is nobody's from now on. */
  async release(name: string, address: string): Promise<DoorRefusal | undefined> {
    if (!this.#site.access.admitsAnybodyAt(address)) return 'basic-refused';
    const reserved = this.#names.get(name);
    if (reserved === undefined) {
      return this.#site.guide.find(name) === undefined ? undefined : 'used';
    }
    if (!this.#mayUse(reserved, address)) return 'used';
    const opened = await reserved.opened;
    if (typeof opened !== 'string') await opened.end('released');
    return undefined;
  }

  #reserve(name: string, owner: string): ReservedName | DoorRefusal {
    const theirs = [...this.#names.values()].filter((each) => each.owner === owner);
    if (theirs.length >= MOST_OF_ONE_ADDRESS) return 'too-many-names';
    const reserved = new ReservedName(this.#site, name, owner);
    this.#names.set(name, reserved);
    void reserved.over.then(() => this.#names.delete(name));
    return reserved;
  }

  #mayUse({ owner }: ReservedName, address: string): boolean {
    return owner === address || this.#site.settings.backConnectFrom === 'any';
  }
}
