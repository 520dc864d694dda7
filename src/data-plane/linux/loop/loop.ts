import { EventQueue, type Readiness } from '../system-calls.ts';

/** Whoever owns a descriptor that is watched. */
export interface Source {
  /** Something changed. Edge-triggered: it is said once, so the owner has to act on all of it or remember. */
  ready(events: Readiness): void;
}

/** Work left over from a turn, since one owner must not keep the others waiting. */
export interface Task {
  proceed(): void;
}

/** Something with deadlines of its own. */
export interface Timed {
  /** Acts on what is due and returns when to come again: `Infinity` if there is nothing. */
  tick(now: number): number;
}

const EVENTS_PER_TURN = 1024;

/** What epoll_wait(2) can be asked for: some 24 days. */
const LONGEST_WAIT = 2 ** 31 - 1;

/**
 * A thread's event loop on epoll(7): in each turn it hands every event to the
 * owner of its descriptor, proceeds with work left over, and ticks what is due.
 */
export class Loop {
  readonly #queue = new EventQueue(EVENTS_PER_TURN);
  readonly #sources: (Source | undefined)[] = [];
  /**
   * Which use of a descriptor's number this is. The kernel gives a closed number
   * out again at once, so an event of the same turn may be about its last owner.
   */
  readonly #tags: number[] = [];
  #lastTag = 0;
  /** Which descriptors are watched for room to write as well. */
  readonly #watchedForRoom: boolean[] = [];
  #tasks = new Set<Task>();
  readonly #lastTasks = new Set<Task>();
  readonly #timed = new Set<Timed>();
  #nextTick = Number.POSITIVE_INFINITY;
  #running = true;
  /** Milliseconds of a monotonic clock, read once a turn. */
  now = performance.now();

  /** For something to read, from now until {@link Loop.forget}. False, and nothing is watched, when the kernel has no memory for it. */
  watch(descriptor: number, source: Source): boolean {
    return this.#watched(descriptor, source, this.#queue.add(descriptor, this.#tag(descriptor)));
  }

  /** For room to write as well, which is how a connection says that it is there. */
  watchWithRoom(descriptor: number, source: Source): boolean {
    const watched = this.#queue.addWithRoom(descriptor, this.#tag(descriptor));
    this.#watchedForRoom[descriptor] = true;
    return this.#watched(descriptor, source, watched);
  }

  /**
   * For room to write too. Not from the start: most connections never lack it, and
   * would have an event each, and often a turn of the loop, to say that they have it.
   */
  watchForRoom(descriptor: number): void {
    if (this.#watchedForRoom[descriptor]) return;
    this.#watchedForRoom[descriptor] = true;
    this.#queue.addRoom(descriptor, this.#tags[descriptor] as number);
  }

  /** The same descriptor, from now on another's. */
  handOver(descriptor: number, source: Source): void {
    this.#sources[descriptor] = source;
  }

  /** Has to be called before the descriptor is closed, which is what ends the kernel's watch. */
  forget(descriptor: number): void {
    this.#sources[descriptor] = undefined;
  }

  /** {@link Loop.forget} for what somebody else may have too, so that closing it does not end the watch. */
  unwatch(descriptor: number): void {
    this.#queue.remove(descriptor);
    this.forget(descriptor);
  }

  /** Proceeds once, in the next turn, after the events that have come by then. */
  later(task: Task): void {
    this.#tasks.add(task);
  }

  /** Proceeds once when all else of this turn is done, and so does what it adds itself. */
  atEndOfTurn(task: Task): void {
    this.#lastTasks.add(task);
  }

  addTimed(timed: Timed): void {
    this.#timed.add(timed);
  }

  removeTimed(timed: Timed): void {
    this.#timed.delete(timed);
  }

  /** Ticks everything timed at this moment or before. */
  tickAt(moment: number): void {
    if (moment < this.#nextTick) this.#nextTick = moment;
  }

  /** Turns until {@link Loop.stop}. */
  run(): void {
    while (this.#running) {
      const count = this.#queue.wait(this.#patience());
      this.now = performance.now();
      for (let index = 0; index < count; index += 1) this.#dispatch(index);
      this.#proceed();
      if (this.#nextTick <= this.now) this.#tick();
      this.#endTurn();
    }
    this.#queue.close();
  }

  stop(): void {
    this.#running = false;
  }

  /** Rounded up, or the last millisecond before a deadline would be spent in idle turns. */
  #patience(): number {
    if (this.#tasks.size > 0) return 0;
    if (this.#nextTick === Number.POSITIVE_INFINITY) return -1;
    return Math.min(LONGEST_WAIT, Math.max(0, Math.ceil(this.#nextTick - performance.now())));
  }

  #tag(descriptor: number): number {
    this.#lastTag = (this.#lastTag + 1) >>> 0;
    this.#tags[descriptor] = this.#lastTag;
    this.#watchedForRoom[descriptor] = false;
    return this.#lastTag;
  }

  #watched(descriptor: number, source: Source, watched: boolean): boolean {
    if (watched) this.#sources[descriptor] = source;
    return watched;
  }

  #dispatch(index: number): void {
    const descriptor = this.#queue.descriptor(index);
    if (this.#tags[descriptor] !== this.#queue.tag(index)) return;
    this.#sources[descriptor]?.ready(this.#queue.readiness(index));
  }

  #proceed(): void {
    if (this.#tasks.size === 0) return;
    const tasks = this.#tasks;
    this.#tasks = new Set();
    for (const task of tasks) task.proceed();
  }

  #endTurn(): void {
    for (const task of this.#lastTasks) {
      this.#lastTasks.delete(task);
      task.proceed();
    }
  }

  #tick(): void {
    this.#nextTick = Number.POSITIVE_INFINITY;
    for (const timed of this.#timed) this.tickAt(timed.tick(this.now));
  }
}
