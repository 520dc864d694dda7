import type { DoorRefusal } from '../../events.ts';
import type { Seat } from '../../names/seat.ts';
import type { Site } from '../../registration/site.ts';
import { NameRegistration } from './name-registration.ts';

/** A name that is a server's from the moment that it asks, while its registration is yet to be opened. */
export class ReservedName {
  /** The address of the server. */
  readonly owner: string;
  /** Resolves with why not when it cannot be opened. */
  readonly opened: Promise<NameRegistration | DoorRefusal>;
  /** Resolves when nobody has the name any more. */
  readonly over: Promise<void>;

  constructor(site: Site, name: string, seat: Seat, owner: string) {
    this.owner = owner;
    this.opened = this.#open(site, name, seat);
    this.over = this.opened.then(async (opened) => {
      if (typeof opened !== 'string') await opened.ended;
      seat.release();
    });
  }

  async #open(site: Site, name: string, seat: Seat): Promise<NameRegistration | DoorRefusal> {
    const claim = { ports: undefined, rights: undefined, event: 'registered' } as const;
    const opened = await site.registry.open(claim, (id) =>
      NameRegistration.open(site, { id, name, address: this.owner }),
    );
    if ('cause' in opened) return opened.cause;
    seat.give(opened);
    return opened;
  }
}
