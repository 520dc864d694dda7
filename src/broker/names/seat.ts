import type { ClientBeginning, StreamSocket } from '../../data-plane/data-plane.ts';
import type { OfferedService } from './named-service.ts';
import type { Place } from './place.ts';

/** One service's part of a name, from before that service is there until it is gone. */
export class Seat implements OfferedService {
  readonly #place: Place;
  readonly #released: (seat: Seat) => void;
  #service: OfferedService | undefined;

  /** @param released - told when it is given up */
  constructor(place: Place, released: (seat: Seat) => void) {
    this.#place = place;
    this.#released = released;
    place.add(this);
  }

  get isAvailable(): boolean {
    return this.#service?.isAvailable ?? false;
  }

  get isOffered(): boolean {
    return this.#service?.isOffered ?? false;
  }

  /** Of the claim of the name. */
  get generation(): number | undefined {
    return this.#place.generation;
  }

  enter(client: StreamSocket, begun?: ClientBeginning): void {
    if (this.#service === undefined) client.resetAndDestroy();
    else this.#service.enter(client, begun);
  }

  /** Here is the service. */
  give(service: OfferedService): void {
    this.#service = service;
    this.update();
  }

  /** Whether the service is offered has changed. */
  update(): void {
    this.#place.update();
  }

  /** Leaves the name to its heir, see {@link Place.leave}. */
  leave(): Promise<void> {
    return this.#place.leave();
  }

  release(): void {
    this.#service = undefined;
    this.#place.delete(this);
    this.#released(this);
  }
}
