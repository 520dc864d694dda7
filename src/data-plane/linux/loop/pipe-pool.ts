import type { DescriptorBudget } from '../../descriptor-budget.ts';
import { closePipe, openPipe, type Pipe } from '../system-calls.ts';

const KIB = 1024;

/** Fewer and larger splices cost less CPU for a byte; beyond this the gain is gone. */
const LARGE = 256 * KIB;

/** The kernel's own size. Smaller is what it grants beyond the user's budget: too little to be worth two descriptors. */
const SMALL = 64 * KIB;

/**
 * How many of each a thread opens at most: together 64 MiB, the budget of an
 * ordinary user (pipe(7), pipe-user-pages-soft), which root too shall not exceed,
 * since what lies in pipes is memory that readers who do not read take from us.
 */
const MOST_LARGE = 64;
const MOST_SMALL = 768;

/** Empty pipes kept for the next that needs one. */
const MOST_IDLE = 16;

const DESCRIPTORS_PER_PIPE = 2;

/** Pipes for bytes under way between two sockets. An idle pair has none. */
export class PipePool {
  readonly #budget: DescriptorBudget;
  readonly #onSpent: () => void;
  readonly #idle: Pipe[] = [];
  #open = 0;

  /** @param onSpent - called whenever there is no pipe to be had */
  constructor(budget: DescriptorBudget, onSpent: () => void) {
    this.#budget = budget;
    this.#onSpent = onSpent;
  }

  /** An empty pipe; undefined when the budget of pipes or that of descriptors is spent. */
  take(): Pipe | undefined {
    const pipe = this.#idle.pop() ?? this.#openAnother();
    if (pipe === undefined) this.#onSpent();
    return pipe;
  }

  /** Takes back a pipe that is empty again. */
  give(pipe: Pipe): void {
    if (this.#idle.length < MOST_IDLE) this.#idle.push(pipe);
    else this.discard(pipe);
  }

  /** Closes a pipe with whatever is in it. */
  discard(pipe: Pipe): void {
    closePipe(pipe);
    this.#open -= 1;
    this.#budget.give(DESCRIPTORS_PER_PIPE);
  }

  close(): void {
    for (const pipe of this.#idle.splice(0)) this.discard(pipe);
  }

  #openAnother(): Pipe | undefined {
    if (this.#open >= MOST_LARGE + MOST_SMALL) return undefined;
    if (!this.#budget.take(DESCRIPTORS_PER_PIPE)) return undefined;
    const pipe = openPipe(this.#open < MOST_LARGE ? LARGE : SMALL);
    if (pipe === undefined) {
      this.#budget.give(DESCRIPTORS_PER_PIPE);
      return undefined;
    }
    this.#open += 1;
    if (pipe.size >= SMALL) return pipe;
    this.discard(pipe);
    return undefined;
  }
}
