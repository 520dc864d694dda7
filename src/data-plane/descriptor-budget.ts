import { readdirSync, readFileSync } from 'node:fs';

/** Left free for what is not counted: a connection just accepted, log files, name look-ups. */
const RESERVE = 24;

/** Held by a process that has just started, where the system does not list them. */
const TYPICAL_AT_START = 32;

/**
 * The process's file descriptors, counted by us: `node:net` reports EMFILE
 * neither as an error nor as a drop, it accepts the connection and closes it
 * with a clean FIN. So whoever accepts asks here first, and refuses openly.
 */
export class DescriptorBudget {
  static #process: DescriptorBudget | undefined;
  #free: number;

  constructor(free: number) {
    this.#free = free;
  }

  /** What this process may still open (getrlimit(2), RLIMIT_NOFILE; Node raises the soft limit to the hard one): one budget for all. */
  static ofProcess(): DescriptorBudget {
    DescriptorBudget.#process ??= new DescriptorBudget(openFileLimit() - openFiles() - RESERVE);
    return DescriptorBudget.#process;
  }

  get free(): number {
    return this.#free;
  }

  /** Takes all of `count` or nothing. Whoever took gives back, on every path. */
  take(count: number): boolean {
    if (this.#free < count) return false;
    this.#free -= count;
    return true;
  }

  give(count: number): void {
    this.#free += count;
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
