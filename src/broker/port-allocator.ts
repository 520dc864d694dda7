import type { PortRange } from '../options/values.ts';

/** Which client port a new registration gets. Knows of no socket. */
export class PortAllocator {
  readonly #range: PortRange | undefined;
  readonly #taken = new Set<number>();

  /** Without a range every answer is 0: the system picks. */
  constructor(range: PortRange | undefined) {
    this.#range = range;
  }

  /** Takes the lowest free port, leaving out those that something else on the machine holds. */
  take(inUse: ReadonlySet<number>): number | undefined {
    if (this.#range === undefined) return 0;
    for (let port = this.#range.from; port <= this.#range.to; port += 1) {
      if (this.#taken.has(port) || inUse.has(port)) continue;
      this.#taken.add(port);
      return port;
    }
    return undefined;
  }

  give(port: number): void {
    this.#taken.delete(port);
  }
}
