import { readdirSync, readFileSync } from 'node:fs';

/** Left free for what is not counted: a connection just accepted, log files, name look-ups. */
const RESERVE = 24;

/** Held by a process that has just started, where the system does not list them. */
const TYPICAL_AT_START = 32;

/** More than a process can have open, and still a whole number of 32 bits. */
const UNLIMITED = 2 ** 31 - 1;

/** A number that all threads see. */
export type SharedCell = Int32Array<SharedArrayBuffer>;

/**
 * The process's file descriptors, counted by us: `node:net` reports EMFILE
 * neither as an error nor as a drop, it accepts the connection and closes it
 * with a clean FIN; and a relay whose last descriptor went to a client has none
 * for the back-connect that would serve it. So whoever accepts asks here first.
 * The count lies in shared memory, since descriptors are the whole process's.
 */
export class DescriptorBudget {
  static #process: DescriptorBudget | undefined;
  static #limit = 0;
  /** With this, another thread makes a budget out of the same count. */
  readonly cell: SharedCell;

  /** @param free - how many, or the cell of another thread's budget */
  constructor(free: number | SharedCell) {
    this.cell = typeof free === 'number' ? new Int32Array(new SharedArrayBuffer(4)) : free;
    if (typeof free === 'number') this.cell[0] = Math.min(free, UNLIMITED);
  }

  /** What this process may still open (getrlimit(2), RLIMIT_NOFILE; Node raises the soft limit to the hard one): one budget for all. */
  static ofProcess(): DescriptorBudget {
    if (DescriptorBudget.#process === undefined) {
      DescriptorBudget.#limit = Math.min(openFileLimit(), UNLIMITED);
      const free = DescriptorBudget.#limit - openFiles() - RESERVE;
      DescriptorBudget.#process = new DescriptorBudget(free);
    }
    return DescriptorBudget.#process;
  }

  /** Of this process: how many are open, as far as they are counted, and how many may be. */
  static usage(): { used: number; most: number } {
    const { free } = DescriptorBudget.ofProcess();
    const most = DescriptorBudget.#limit;
    return { used: most - RESERVE - free, most };
  }

  get free(): number {
    return Atomics.load(this.cell, 0);
  }

  /** Takes all of `count` or nothing. Whoever took gives back, on every path. */
  take(count: number): boolean {
    if (Atomics.sub(this.cell, 0, count) >= count) return true;
    this.give(count);
    return false;
  }

  give(count: number): void {
    Atomics.add(this.cell, 0, count);
  }
}

function openFileLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return limitFromReport();
  }
}

/** Off Linux. Not used there, since a report also looks up the names of all open connections. */
function limitFromReport(): number {
  const report = process.report?.getReport() as
    | { userLimits?: { open_files?: { soft?: unknown } } }
    | undefined;
  const soft = Number(report?.userLimits?.open_files?.soft);
  return Number.isNaN(soft) ? Number.POSITIVE_INFINITY : soft;
}

function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return TYPICAL_AT_START;
  }
}
