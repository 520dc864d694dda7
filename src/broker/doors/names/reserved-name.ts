import type { DoorRefusal } from '../../events.ts';
import type { Seat } from '../../names/seat.ts';
import { refusalOfClaim } from '../../reception/refusal.ts';
import type { Site } from '../../registration/site.ts';
import { NameRegistration } from './name-registration.ts';

/** A name that is a server's from the moment that it asks, while its registration is yet to be opened. */
export class ReservedName {
  /** The address of the server. */
  readonly owner: string;
  /** Resolves with why not when it cannot be had. */
  readonly opened: Promise<NameRegistration | DoorRefusal>;
  /** Resolves when nobody has the name here any more. */
  readonly over: Promise<void>;
  readonly #site: Site;
  readonly #name: string;

  constructor(site: Site, name: string, owner: string) {
    this.#site = site;
    this.#name = name;
    this.owner = owner;
    this.opened = this.#open();
    this.over = this.opened.then(async (opened) => {
      if (typeof opened !== 'string') await opened.ended;
    });
  }

  async #open(): Promise<NameRegistration | DoorRefusal> {
    let opened: NameRegistration | DoorRefusal | undefined;
    const seat = await this.#site.names.claim(this.#name, {
      whereabouts: 'here',
      lost: (by) => {
        if (typeof opened !== 'object') return;
        this.#site.emit('claimLost', opened.info, 'name', by?.member.name);
        void opened.end('claim-lost');
      },
    });
    if ('refused' in seat) return seat.refused === 'taken' ? 'used' : refusalOfClaim(seat).cause;
    opened = await this.#openOn(seat);
    if (typeof opened === 'string') seat.release();
    return opened;
  }

  async #openOn(seat: Seat): Promise<NameRegistration | DoorRefusal> {
    const claim = { ports: undefined, rights: undefined, event: 'registered' } as const;
    const opened = await this.#site.registry.open(claim, (id) =>
      NameRegistration.open(this.#site, {
        ...{ id, name: this.#name, address: this.owner },
        generation: seat.generation,
      }),
    );
    if ('cause' in opened) return opened.cause;
    seat.give(opened);
    void opened.ended.then(() => seat.release());
    return opened;
  }
}
