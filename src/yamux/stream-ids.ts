import { MOST } from './header.ts';

/** The side that made the connection, and the one that accepted it; in fact, whatever both agree on. */
export type Role = 'client' | 'server';

/** The ids of a session's streams: a client's are odd, a server's even. None is used twice. */
export class StreamIds {
  readonly #parity: number;
  #next: number;
  #highest = 0;

  /** @param first - where ours begin */
  constructor(role: Role, first = role === 'client' ? 1 : 2) {
    this.#parity = first % 2;
    this.#next = first;
  }

  /** A new one of ours; undefined when all are used up. */
  draw(): number | undefined {
    if (this.#next > MOST) return undefined;
    this.#next += 2;
    return this.#next - 2;
  }

  /** Takes note of one that the peer has begun; false if it is none of the peer's. They may come in any order. */
  note(id: number): boolean {
    if (id === 0 || this.#isOurs(id)) return false;
    this.#highest = Math.max(this.#highest, id);
    return true;
  }

  /** Whether there can have been a stream of that id, which may be over. */
  isKnown(id: number): boolean {
    return id !== 0 && id <= (this.#isOurs(id) ? this.#next - 2 : this.#highest);
  }

  #isOurs(id: number): boolean {
    return id % 2 === this.#parity;
  }
}
