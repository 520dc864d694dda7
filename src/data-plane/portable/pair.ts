import type { Socket } from 'node:net';
import type { PairEnding, PairReport } from '../data-plane.ts';
import { reset } from './reset.ts';

/**
 * Two sockets joined, each with `allowHalfOpen` and an error listener of its
 * own from birth. One side's EOF is passed on behind its last byte and leaves
 * the other direction open; a reset of one side resets the other. Node's
 * `pipe()` forgets the far side on a reset and `pipeline()` turns it into a
 * clean end, hence neither.
 */
export class Pair {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #halfCloseTimeout: number;
  readonly #onEnd: (report: PairReport) => void;
  #ending: PairEnding = 'eof';
  #open = 2;

  constructor(
    client: Socket,
    server: Socket,
    halfCloseTimeout: number,
    onEnd: (report: PairReport) => void,
  ) {
    this.#client = client;
    this.#server = server;
    this.#halfCloseTimeout = halfCloseTimeout;
    this.#onEnd = onEnd;
    this.#join(client, server, 'client-reset');
    this.#join(server, client, 'server-reset');
  }

  get bytesToServer(): number {
    return this.#client.bytesRead;
  }

  get bytesToClient(): number {
    return this.#server.bytesRead;
  }

  /** Resets both sides. */
  cut(): void {
    this.#resetBoth('cut');
  }

  #resetBoth(ending: PairEnding): void {
    this.#break(ending);
    reset(this.#client);
    reset(this.#server);
  }

  #join(from: Socket, to: Socket, resetOfFrom: PairEnding): void {
    forward(from, to);
    const ended = () => {
      to.end();
      this.#boundSilence(from);
      this.#boundSilence(to);
    };
    // A socket that ended or failed before it came here may have said so already.
    if (from.readableEnded) process.nextTick(ended);
    else from.on('end', ended);
    if (from.closed) process.nextTick(() => this.#closed(from, to, resetOfFrom));
    else from.on('close', () => this.#closed(from, to, resetOfFrom));
  }

  /** The first cause is the one that counts; what follows are its echoes. */
  #break(ending: PairEnding): void {
    if (this.#ending === 'eof') this.#ending = ending;
  }

  /**
   * Both sockets, since the open direction is read on one and written on the
   * other, and a peer that takes no bytes shows only on the latter.
   */
  #boundSilence(socket: Socket): void {
    if (socket.timeout === this.#halfCloseTimeout) return;
    socket.setTimeout(this.#halfCloseTimeout, () => this.#resetBoth('half-close-timeout'));
  }

  #closed(from: Socket, to: Socket, resetOfFrom: PairEnding): void {
    if (!from.readableEnded || !from.writableFinished) {
      this.#break(resetOfFrom);
      reset(to);
    }
    this.#open -= 1;
    if (this.#open > 0) return;
    const { bytesToServer, bytesToClient } = this;
    this.#onEnd({ bytesToServer, bytesToClient, ending: this.#ending });
  }
}

/**
 * Copies with backpressure. A write of as much as `highWaterMark` always answers
 * false, also when the kernel took it at once; pausing for each of those would
 * cost a turn of the loop per chunk, so only bytes that did stay behind pause.
 */
function forward(from: Socket, to: Socket): void {
  from.on('data', (chunk) => {
    if (!to.write(chunk) && to.writableLength > 0) from.pause();
  });
  to.on('drain', () => from.resume());
  from.resume();
}
