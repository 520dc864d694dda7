import { setTimeout as delay } from 'node:timers/promises';
import { PORTS } from '../ports.ts';
import type { Rotation } from '../records.ts';

/** Milliseconds between two looks, and for an answer: the machine is busy. */
const INTERVAL = 100;
const PATIENCE = 3000;

/** Knows which members take clients, as a load balancer before them does: by asking `/readyz`. */
export class Balancer {
  readonly #all: string[];
  readonly #in: Set<string>;
  readonly #told: (rotation: Rotation) => void;
  readonly #closed = new AbortController();
  #watchers: (() => void)[] = [];

  constructor(nodes: string[], told: (rotation: Rotation) => void) {
    this.#all = nodes;
    this.#in = new Set(nodes);
    this.#told = told;
    for (const node of nodes) void this.#watch(node);
  }

  /** Those that take clients; all where none does. */
  get nodes(): string[] {
    return this.#in.size > 0 ? [...this.#in] : this.#all;
  }

  /** Resolves when all of these are in. */
  async has(nodes: string[]): Promise<void> {
    while (!nodes.every((node) => this.#in.has(node))) {
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  close(): void {
    this.#closed.abort();
  }

  async #watch(node: string): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      const isIn = await isReady(node);
      if (isIn !== this.#in.has(node)) this.#turn(node, isIn);
      await delay(INTERVAL, undefined, { signal }).catch(() => {});
    }
  }

  #turn(node: string, isIn: boolean): void {
    if (isIn) this.#in.add(node);
    else this.#in.delete(node);
    this.#told({ node, isIn, at: Date.now() });
    for (const look of this.#watchers.splice(0)) look();
  }
}

async function isReady(node: string): Promise<boolean> {
  const signal = AbortSignal.timeout(PATIENCE);
  try {
    const answer = await fetch(`http://${node}:${PORTS.admin}/readyz`, { signal });
    await answer.text();
    return answer.ok;
  } catch {
    return false;
  }
}
