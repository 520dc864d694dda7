import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { DataPlaneObserver } from '../data-plane.ts';
import type { DescriptorBudget, SharedCell } from '../descriptor-budget.ts';
import {
  HANDLED,
  type LoopCommand,
  type LoopEvent,
  READY,
  type ThreadSettings,
} from './messages.ts';
import { close, openBell, ring } from './system-calls.ts';
import { TrafficBoard } from './traffic-board.ts';

/** Told what one exchange or dial of the thread reports. */
export type Listener = (event: LoopEvent) => void;

/** What a thread has open for itself: the event queues and bells of Node's loop and of ours. 6 on Node 20, 7 on Node 26. */
const DESCRIPTORS_PER_THREAD = 8;

/** Milliseconds for a thread to have loaded its program, when the process exits meanwhile. */
const LOADING = 1000;

/** A thread of the data plane, as the main thread sees it. */
export class LoopThread {
  /** Those to be told to leave when the process exits. */
  static readonly #running = new Set<LoopThread>();
  static {
    process.on('exit', () => {
      for (const thread of LoopThread.#running) thread.#leaveNow();
    });
  }

  /** What its dials move. */
  readonly traffic = new TrafficBoard();
  readonly #worker: Worker;
  readonly #observer: DataPlaneObserver;
  readonly #budget: DescriptorBudget;
  readonly #bell = openBell();
  readonly #state: SharedCell = new Int32Array(new SharedArrayBuffer(8));
  readonly #listeners = new Map<number, Listener>();
  #commands: LoopCommand[] = [];
  #asking: (() => void)[] = [];
  #closing: Promise<void> | undefined;
  #failure: Error | undefined;
  #gone = false;

  constructor(budget: DescriptorBudget, observer: DataPlaneObserver) {
    this.#observer = observer;
    this.#budget = budget;
    // Taken even if there are none left: there is no relay without a thread.
    budget.give(-DESCRIPTORS_PER_THREAD);
    const { cell } = budget;
    const workerData: ThreadSettings = {
      ...{ bell: this.#bell, budget: cell, state: this.#state },
      traffic: this.traffic.memory,
    };
    // Without Node's options of this process: preloaded modules are no business of a thread, and it cannot start with some.
    const options = { workerData, execArgv: [] };
    this.#worker = new Worker(new URL('./loop/thread.js', import.meta.url), options);
    this.#worker.on('message', (events: LoopEvent[]) => this.#receive(events));
    this.#worker.on('error', (error: Error) => this.#over(error));
    this.#worker.on('exit', () => this.#over(new Error('a thread of the data plane ended')));
    LoopThread.#running.add(this);
    this.#keepAlive();
  }

  /** How many exchanges and dials it has. */
  get load(): number {
    return this.#listeners.size;
  }

  /** Listens until {@link LoopThread.forget}; until then the thread keeps the process alive. */
  listen(id: number, listener: Listener): void {
    this.#listeners.set(id, listener);
    this.#keepAlive();
    if (this.#failure !== undefined) this.#tellFailure(this.#failure);
  }

  forget(id: number): void {
    this.#listeners.delete(id);
    this.#keepAlive();
  }

  /** Commands of one turn of the event loop share a message. */
  send(command: LoopCommand): void {
    if (this.#commands.length === 0) process.nextTick(() => this.#flush());
    this.#commands.push(command);
  }

  /** Resolves when the thread has answered, between two turns of its loop. */
  answers(): Promise<void> {
    return new Promise((resolve) => {
      this.#asking.push(resolve);
      this.send({ do: 'answer' });
    });
  }

  /** Resolves when the thread has ended. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    if (this.#failure === undefined) {
      this.#worker.ref();
      const exited = once(this.#worker, 'exit');
      this.#release();
      await exited;
    }
    this.#gone = true;
    close(this.#bell);
    this.#budget.give(DESCRIPTORS_PER_THREAD);
  }

  /**
   * A thread that waits in epoll_wait(2) cannot be terminated, and Node joins all
   * threads before it exits: so it is told to leave on every way out.
   */
  #release(): void {
    LoopThread.#running.delete(this);
    this.#commands.push({ do: 'close' });
    this.#flush();
  }

  /** A thread that is torn down while it loads koffi takes the process down with an abort; it is given the moment that takes. */
  #leaveNow(): void {
    this.#release();
    Atomics.wait(this.#state, READY, 0, LOADING);
  }

  /** Nothing is sent to a thread that is gone: the number of its bell may be another's by now. */
  #flush(): void {
    if (this.#commands.length === 0 || this.#gone || this.#failure !== undefined) return;
    this.#worker.postMessage(this.#commands);
    this.#commands = [];
    ring(this.#bell);
  }

  #receive(events: LoopEvent[]): void {
    for (const event of events) {
      try {
        if (event[0] === 'warning') this.#observer.warning(event[2]);
        else if (event[0] === 'answer') this.#asking.shift()?.();
        else this.#listeners.get(event[1])?.(event);
      } catch (error) {
        // A user's listener failed. That must not lose what else has happened.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    Atomics.add(this.#state, HANDLED, events.length);
  }

  #over(error: Error): void {
    if (this.#closing !== undefined || this.#failure !== undefined) return;
    this.#failure = error;
    LoopThread.#running.delete(this);
    this.#tellFailure(error);
    this.#observer.failed(error);
  }

  /** Nobody shall wait for what a dead thread will not do. */
  #tellFailure(error: Error): void {
    for (const [id, listener] of this.#listeners) listener(['thread-failed', id, error]);
  }

  #keepAlive(): void {
    if (this.#listeners.size > 0) this.#worker.ref();
    else this.#worker.unref();
  }
}
