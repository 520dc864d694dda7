import type { PairEnding, PairReport, Side, StreamSocket } from '../data-plane.ts';
import { Flow } from './flow.ts';
import { reset } from './reset.ts';
import type { Throttle } from './throttle.ts';

export interface PairOptions {
  client: StreamSocket;
  server: StreamSocket;
  /** What has been read already, to go to the other side. */
  readOfClient?: Uint8Array | undefined;
  readOfServer?: Uint8Array | undefined;
  /** Milliseconds a half-closed pair may stay silent. */
  halfCloseTimeout: number;
  /** Milliseconds any pair may stay silent; no bound when undefined. */
  idle?: number | undefined;
  throttle?: PairThrottle | undefined;
  /** Both sides have closed. */
  onEnd: (report: PairReport) => void;
}

/** Shared by those who are bounded together. */
export interface PairThrottle {
  toServer: Throttle;
  toClient: Throttle;
}

/**
 * Two sockets joined, each with `allowHalfOpen` and an error listener of its
 * own from birth. One side's EOF is passed on behind its last byte and leaves
 * the other direction open; a reset of one side resets the other. Node's
 * `pipe()` forgets the far side on a reset and `pipeline()` turns it into a
 * clean end, hence neither.
 */
export class Pair {
  /** Without what was read already, which is not to be kept for as long as the pair. */
  readonly #options: Omit<PairOptions, 'readOfClient' | 'readOfServer'>;
  readonly #toServer: Flow;
  readonly #toClient: Flow;
  #halfClosed = false;
  #firstEnd: Side | undefined;
  #ending: PairEnding = 'eof';
  #open = 2;

  constructor({ readOfClient, readOfServer, ...options }: PairOptions) {
    const { client, server, throttle } = options;
    this.#options = options;
    this.#toServer = new Flow(client, server, throttle?.toServer, readOfClient);
    this.#toClient = new Flow(server, client, throttle?.toClient, readOfServer);
    this.#watch('client', client, server, this.#toServer);
    this.#watch('server', server, client, this.#toClient);
    this.#boundSilence();
  }

  get bytesToServer(): number {
    return this.#toServer.bytes;
  }

  get bytesToClient(): number {
    return this.#toClient.bytes;
  }

  /** Resets both sides. */
  cut(ending: PairEnding = 'cut'): void {
    this.#break(ending);
    reset(this.#options.client);
    reset(this.#options.server);
  }

  #watch(side: Side, from: StreamSocket, to: StreamSocket, flow: Flow): void {
    const ended = () => {
      this.#firstEnd ??= side;
      flow.end();
      this.#halfClosed = true;
      this.#boundSilence();
    };
    // A socket that ended or failed before it came here may have said so already.
    if (from.readableEnded) process.nextTick(ended);
    else from.on('end', ended);
    if (from.closed) process.nextTick(() => this.#closed(side, from, to));
    else from.on('close', () => this.#closed(side, from, to));
    from.on('timeout', () => this.#silent(from));
  }

  /** The first cause is the one that counts; what follows are its echoes. */
  #break(ending: PairEnding): void {
    if (this.#ending === 'eof') this.#ending = ending;
  }

  /**
   * On both sockets, since the open direction is read on one and written on the
   * other, and a peer that takes no bytes shows only on the latter.
   */
  #boundSilence(): void {
    const { client, server, halfCloseTimeout, idle } = this.#options;
    const bound = this.#halfClosed ? Math.min(halfCloseTimeout, idle ?? Infinity) : (idle ?? 0);
    if (client.timeout !== bound) client.setTimeout(bound);
    if (server.timeout !== bound) server.setTimeout(bound);
  }

  #silent(socket: StreamSocket): void {
    if (this.#toServer.held > 0 || this.#toClient.held > 0) {
      // Bytes that wait for their turn are no silence.
      socket.setTimeout(socket.timeout ?? 0);
      return;
    }
    const { halfCloseTimeout, idle = Infinity } = this.#options;
    this.cut(this.#halfClosed && halfCloseTimeout <= idle ? 'half-close-timeout' : 'idle');
  }

  #closed(side: Side, from: StreamSocket, to: StreamSocket): void {
    if (!from.readableEnded || !from.writableFinished) {
      this.#break(`${side}-reset`);
      reset(to);
    }
    this.#open -= 1;
    if (this.#open > 0) return;
    const { bytesToServer, bytesToClient } = this;
    const how = { ending: this.#ending, firstEnd: this.#firstEnd };
    this.#options.onEnd({ bytesToServer, bytesToClient, ...how });
  }
}
