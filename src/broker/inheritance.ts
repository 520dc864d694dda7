import { closeSync } from 'node:fs';
import type { DoorName } from './events.ts';

/** Who comes by a listener: to the control port, to a front door, or as a client of one registration. */
export type ListenerRole = 'control' | 'client' | DoorName;

/** A TCP listener that exists already, such as one that a service manager has opened. */
export interface InheritedListener {
  role: ListenerRole;
  /** What it is bound to. Default: whatever is asked for. Needed for clients. */
  port?: number | undefined;
  /** The broker's from now on. */
  descriptor: number;
}

/** Listeners that a broker starts with. Each is taken once; the others are closed when all has started. */
export class Inheritance {
  readonly #left: Set<InheritedListener>;
  readonly #deferred: (() => Promise<void>)[] = [];

  constructor(listeners: Iterable<InheritedListener> = []) {
    this.#left = new Set(listeners);
  }

  /** Some more, from the process before. */
  add(listeners: Iterable<InheritedListener>): void {
    for (const listener of listeners) this.#left.add(listener);
  }

  /** @param port - as it was asked for; at a door, 0 takes any */
  has(role: ListenerRole, port: number): boolean {
    return this.#find(role, port) !== undefined;
  }

  /** Undefined when there is none. Whoever takes one closes it. */
  take(role: ListenerRole, port: number): number | undefined {
    const found = this.#find(role, port);
    if (found !== undefined) this.#left.delete(found);
    return found?.descriptor;
  }

  /** Has it taken when everything else has started: until then, whoever comes is safe in its queue. */
  defer(
    role: ListenerRole,
    port: number,
    accept: (descriptor: number) => Promise<unknown> | undefined,
  ): void {
    this.#deferred.push(async () => {
      const descriptor = this.take(role, port);
      if (descriptor !== undefined) await accept(descriptor);
    });
  }

  /** Everything else has started. */
  async settle(): Promise<void> {
    await Promise.all(this.#deferred.splice(0).map((take) => take()));
    this.close();
  }

  /** Closes what nobody has taken. */
  close(): void {
    for (const { descriptor } of this.#left) discard(descriptor);
    this.#left.clear();
  }

  #find(role: ListenerRole, port: number): InheritedListener | undefined {
    const fits = (other: number | undefined) =>
      role === 'client' ? other === port : other === undefined || port === 0 || other === port;
    return [...this.#left].find((each) => each.role === role && fits(each.port));
  }
}

/** What is not open need not be closed. */
function discard(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {}
}
