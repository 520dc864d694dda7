import type { TestContext } from 'node:test';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import { Loop } from '#src/data-plane/linux/loop/loop.ts';
import { Outbox } from '#src/data-plane/linux/loop/outbox.ts';
import { PipePool } from '#src/data-plane/linux/loop/pipe-pool.ts';
import type { Relay } from '#src/data-plane/linux/loop/relay.ts';
import { Upkeep } from '#src/data-plane/linux/loop/upkeep.ts';
import { Watchdog } from '#src/data-plane/linux/loop/watchdog.ts';
import type { LoopEvent } from '#src/data-plane/linux/messages.ts';
import {
  AGAIN,
  accept,
  close,
  connect,
  listen,
  receive,
  reset,
  send,
} from '#src/data-plane/linux/system-calls.ts';
import { TrafficBoard } from '#src/data-plane/linux/traffic-board.ts';

/** The parts of a thread of the Linux data plane, to be run in the test's own thread. */
export interface RelayParts {
  relay: Relay;
  /** What the thread would have told the main one. */
  told: LoopEvent[];
  /** Shortages and stalls, each time that one is noticed. */
  warnings: string[];
}

export function relayParts({ descriptors = 1000, patience = 60_000 } = {}): RelayParts {
  const told: LoopEvent[] = [];
  const warnings: string[] = [];
  const loop = new Loop();
  const handled = new Int32Array(new SharedArrayBuffer(4));
  const outbox = new Outbox(loop, handled, (events) => told.push(...events));
  const budget = new DescriptorBudget(descriptors);
  const pipes = new PipePool(budget, () => warnings.push('pipes'));
  const upkeep = new Upkeep(loop, patience);
  const watchdog = new Watchdog(loop, () => warnings.push('stall'));
  const traffic = new TrafficBoard();
  return { relay: { loop, outbox, budget, pipes, upkeep, watchdog, traffic }, told, warnings };
}

/** What happens meanwhile: goes on at each `yield` in the next turn, after its events. */
export type Script = () => Generator<void, void, void>;

/** Turns the loop, without waiting, until the script is over. A loop runs once. */
export function run(loop: Loop, script: Script): void {
  const steps = script();
  let failure: { error: unknown } | undefined;
  const step = {
    proceed() {
      try {
        if (steps.next().done) loop.stop();
        else loop.later(step);
      } catch (error) {
        failure = { error };
        loop.stop();
      }
    },
  };
  loop.later(step);
  loop.run();
  if (failure !== undefined) throw failure.error;
}

const PATIENCE = 10_000;

/** For a script: turns until something is so. */
export function* until(isSo: () => boolean): Generator<void, void, void> {
  const deadline = performance.now() + PATIENCE;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`never came true: ${isSo}`);
    yield;
  }
}

const CHUNK = new Uint8Array(64 * 1024);

/** An end of a connection that is the test's own. Nothing here waits. */
export class Peer {
  readonly descriptor: number;
  #open = true;

  constructor(t: TestContext, descriptor: number) {
    this.descriptor = descriptor;
    t.after(() => this.close());
  }

  /** Returns how much was taken, or the negative number of an error. */
  send(bytes: Uint8Array): number {
    return send(this.descriptor, bytes, bytes.length);
  }

  /** Sends until nothing more is taken, and returns how much that was. */
  fill(): number {
    for (let filled = 0; ; ) {
      const count = this.send(CHUNK);
      if (count <= 0) return filled;
      filled += count;
    }
  }

  /** What is there, at most so much; `undefined` at the end. Throws the negative number of an error. */
  receive(most = CHUNK.length): Buffer | undefined {
    const bytes = Buffer.alloc(most);
    const count = receive(this.descriptor, bytes);
    if (count === 0) return undefined;
    if (count < 0 && count !== AGAIN) throw count;
    return bytes.subarray(0, Math.max(count, 0));
  }

  close(): void {
    if (this.#open) close(this.descriptor);
    this.#open = false;
  }

  reset(): void {
    if (this.#open) reset(this.descriptor);
    this.#open = false;
  }
}

/** A connection over loopback: one end for what is tested, which closes it, and one for the test. */
export function connection(t: TestContext): { own: number; peer: Peer } {
  const { descriptor: listener, port } = listen({ address: '127.0.0.1', port: 0 }, 1);
  const peer = new Peer(t, connect({ address: '127.0.0.1', port }));
  // Over loopback the handshake is over when connect(2) returns.
  const own = accept(listener);
  close(listener);
  if (own < 0) throw new Error(`accept answered ${own}`);
  return { own, peer };
}
