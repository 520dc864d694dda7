/** Octets that are worth passing on at once. */
const ENOUGH = 64 * 1024;

/** Parts, of which a peer may make one out of each octet. */
const MOST_PARTS = 64;

/** Whose payload it is. */
export interface Receiver {
  received(bytes: Buffer): void;
}

/**
 * Payload that came for one stream in one turn of the event loop. TLS hands over one record of 16 KiB
 * after the other, and frames are cut elsewhere; but whoever relays them has a system call for each part.
 */
export class Gathering {
  #receiver: Receiver | undefined;
  #parts: Buffer[] = [];
  #length = 0;
  #turn: NodeJS.Immediate | undefined;

  /** Keeps it until the turn is over, something comes for another stream, or there is enough. */
  add(receiver: Receiver, bytes: Buffer): void {
    if (receiver !== this.#receiver) this.passOn();
    this.#receiver = receiver;
    this.#parts.push(bytes);
    this.#length += bytes.length;
    if (this.#length >= ENOUGH || this.#parts.length >= MOST_PARTS) this.passOn();
    else this.#turn ??= setImmediate(() => this.passOn());
  }

  /** Has the stream have what is here. */
  passOn(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    const receiver = this.#receiver;
    if (receiver === undefined) return;
    const [first, ...more] = this.#parts;
    const bytes = more.length === 0 ? first : Buffer.concat(this.#parts, this.#length);
    // Whoever gets it may have the session end, and so have this called again.
    this.#receiver = undefined;
    this.#parts = [];
    this.#length = 0;
    if (bytes !== undefined) receiver.received(bytes);
  }
}
