import type { Socket } from 'node:net';
import type { StreamSocket } from '../data-plane.ts';
import type { DescriptorBudget } from '../descriptor-budget.ts';
import { failure } from '../failure.ts';
import { DIAL_TIMEOUT } from '../limits.ts';
import { afterReading } from '../portable/after-reading.ts';
import { Pair } from '../portable/pair.ts';
import { reset } from '../portable/reset.ts';
import { dial, type Listener, listen } from '../portable/sockets.ts';

/** Loopback, which no other machine can reach. */
const HOST = '127.0.0.1';

/** The side that is dialled, and the one that is accepted. */
const DESCRIPTORS = 2;

/** Relayed here and in the thread: that is the one who knows how long a half-closed connection may be silent. */
const NO_TIMEOUT = 0;

/**
 * Gives what is no socket one: joins it with a connection of this process to itself, over loopback, whose
 * other end is then as good as the thing itself. Ends and resets pass both ways, and so does the
 * pressure of a slow reader.
 *
 * The listener is for nobody else. Whose connection it accepts is told by the port that it
 * comes from, which is nobody else's while this side has it.
 */
export class Hairpin {
  readonly #budget: DescriptorBudget;
  /** Who waits for the other end of a connection, by the port of this one. */
  readonly #awaited = new Map<number, (accepted: Socket) => void>();
  #listener: Promise<Listener> | undefined;

  /** @param budget - of which each takes two, the one that it returns included, until they close */
  constructor(budget: DescriptorBudget) {
    this.#budget = budget;
  }

  /**
   * Resolves with a socket that is paused and has an error listener. Rejects when there are no descriptors,
   * when the stream is gone by then, and with the system's error; the stream is then the caller's to end.
   */
  async socketFor(stream: StreamSocket): Promise<Socket> {
    if (!this.#budget.take(DESCRIPTORS)) throw failure('EMFILE', 'no descriptors left');
    let held = DESCRIPTORS;
    const countUntilClosed = (socket: Socket) => {
      held -= 1;
      socket.once('close', () => this.#budget.give(1));
    };
    try {
      const { port } = await this.#listening();
      const near = await dial({ host: HOST, port }).connected;
      countUntilClosed(near);
      const far = await this.#otherEndOf(near);
      countUntilClosed(far);
      if (stream.destroyed) {
        reset(far);
        throw failure('ECONNRESET', 'closed meanwhile');
      }
      new Pair({ client: stream, server: near, halfCloseTimeout: NO_TIMEOUT, onEnd: () => {} });
      return far;
    } finally {
      this.#budget.give(held);
    }
  }

  async close(): Promise<void> {
    const listener = await this.#listener?.catch(() => undefined);
    listener?.close();
  }

  #listening(): Promise<Listener> {
    this.#listener ??= listen({ host: HOST, port: 0 }, (socket) => this.#accepted(socket)).catch(
      (error) => {
        // What was short then may be there the next time.
        this.#listener = undefined;
        throw error;
      },
    );
    return this.#listener;
  }

  #otherEndOf(near: Socket): Promise<Socket> {
    const { localPort = 0 } = near;
    // Node closes what it has no descriptor for, and nobody reads this side yet.
    near.setTimeout(DIAL_TIMEOUT).once('timeout', () => near.destroy());
    return new Promise<Socket>((resolve, reject) => {
      this.#awaited.set(localPort, resolve);
      near.once('close', () => reject(failure('ECONNRESET', 'closed before it was accepted')));
    }).finally(() => this.#awaited.delete(localPort));
  }

  /** The end that is dialled is connected before this one, but may be told of it later, in the same turn. */
  #accepted(far: Socket): void {
    const { remotePort = 0 } = far;
    const given = () => {
      const take = this.#awaited.get(remotePort);
      take?.(far);
      return take !== undefined;
    };
    if (given()) return;
    afterReading(() => {
      if (!given()) reset(far);
    });
  }
}
