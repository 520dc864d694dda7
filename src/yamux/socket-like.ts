import { Duplex, type DuplexOptions } from 'node:stream';
import { IdleTimer } from './idle-timer.ts';
import type { Transport } from './outlet.ts';

/** What a socket has beyond a Duplex, for those who take the one for the other. */
export class SocketLike extends Duplex {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  /** Of payload, as far as it was asked for. */
  bytesRead = 0;
  bytesWritten = 0;
  readonly #idle = new IdleTimer(() => this.emit('timeout'));

  constructor(transport: Transport, options: DuplexOptions) {
    super({ ...options, allowHalfOpen: true });
    this.remoteAddress = transport.remoteAddress;
    this.remotePort = transport.remotePort;
    this.on('error', () => {});
  }

  /** Milliseconds of silence until `'timeout'`, 0 for none; undefined when never set. */
  get timeout(): number | undefined {
    return this.#idle.milliseconds;
  }

  /** As a socket's: only tells, by the event `'timeout'`. */
  setTimeout(milliseconds: number, told?: () => void): this {
    this.#idle.set(milliseconds);
    if (told !== undefined) this.once('timeout', told);
    return this;
  }

  resetAndDestroy(): this {
    return this.destroy();
  }

  /** Options of a connection of its own, which this has not; servers set them all the same. */
  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#idle.stop();
    done(error);
  }

  protected hasRead(count: number): void {
    this.bytesRead += count;
    this.#idle.refresh();
  }

  protected hasWritten(count: number): void {
    this.bytesWritten += count;
    this.#idle.refresh();
  }
}
