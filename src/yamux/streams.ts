import { Openings } from './openings.ts';
import type { Outlet, Transport } from './outlet.ts';
import { type StreamHome, YamuxStream } from './stream.ts';
import { type Role, StreamIds } from './stream-ids.ts';

export interface StreamsSettings {
  role: Role;
  /** Streams of the peer at one time; more are reset. */
  mostOfPeer: number;
  /** Milliseconds until a stream that the peer does not accept is given up. */
  openDeadline: number;
}

/** The streams of a session that are not over in both directions. */
export class Streams {
  readonly #mostOfPeer: number;
  readonly #ids: StreamIds;
  readonly #openings: Openings;
  readonly #home: StreamHome;
  readonly #emptied: () => void;
  readonly #all = new Map<number, YamuxStream>();
  readonly #ofPeer = new Set<YamuxStream>();

  constructor(
    { role, mostOfPeer, openDeadline }: StreamsSettings,
    carrier: { transport: Transport; outlet: Outlet },
    emptied: () => void,
  ) {
    this.#mostOfPeer = mostOfPeer;
    this.#ids = new StreamIds(role);
    this.#openings = new Openings(openDeadline);
    this.#home = { ...carrier, left: (stream) => this.#left(stream) };
    this.#emptied = emptied;
  }

  get size(): number {
    return this.#all.size;
  }

  find(id: number): YamuxStream | undefined {
    return this.#all.get(id);
  }

  /** Whether there can have been a stream of that id, which may be over. */
  isKnown(id: number): boolean {
    return this.#ids.isKnown(id);
  }

  /** Opens one. Undefined when the ids are used up. */
  open(): YamuxStream | undefined {
    const id = this.#ids.draw();
    if (id === undefined) return undefined;
    const stream = new YamuxStream(id, this.#home, { isOurs: true });
    this.#all.set(id, stream);
    this.#openings.add(stream);
    return stream;
  }

  /** The peer opens one. `refused` when it has too many; undefined when it cannot have this one. */
  admit(id: number, isWelcome: boolean): YamuxStream | 'refused' | undefined {
    if (this.#all.has(id) || !this.#ids.note(id)) return undefined;
    const stream = new YamuxStream(id, this.#home, { isOurs: false });
    if (!isWelcome || this.#ofPeer.size >= this.#mostOfPeer) {
      stream.destroy();
      return 'refused';
    }
    this.#all.set(id, stream);
    this.#ofPeer.add(stream);
    return stream;
  }

  /** The peer has said something on it, and so has accepted it. */
  accepted(stream: YamuxStream): void {
    this.#openings.accepted(stream);
  }

  /** The session is over. */
  reset(): void {
    for (const stream of this.#all.values()) stream.wasReset();
  }

  #left(stream: YamuxStream): void {
    this.#openings.settle(stream);
    this.#ofPeer.delete(stream);
    if (this.#all.delete(stream.id) && this.#all.size === 0) this.#emptied();
  }
}
