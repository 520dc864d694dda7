import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { encodeHeader, type Header, TYPE } from './header.ts';

/** What carries a session: needs an error listener and `allowHalfOpen`. */
export type Transport = Duplex & Pick<Socket, 'remoteAddress' | 'remotePort'>;

/** Bytes that may lie unsent before streams have to wait. */
const MOST_AHEAD = 64 * 1024;

/** Bytes that may lie unsent in all. Only what answers the peer can add so much, if that reads nothing. */
const MOST_UNSENT = 512 * 1024;

export type Sent = (error?: Error | null) => void;

/** Something with payload to send. */
export interface Sender {
  /** Sends one frame; whether there is more that could be sent now. */
  send(): boolean;
}

/**
 * Where a session's frames go out. Those with payload wait their turn while too much lies
 * unsent, and take turns, so that no stream holds up another. The others are few
 * and small, and go at once.
 */
export class Outlet {
  readonly #transport: Transport;
  readonly #stuck: () => void;
  readonly #queue = new Set<Sender>();
  #isCorked = false;
  #isPumping = false;

  /** @param stuck - called when the peer leaves too much unread */
  constructor(transport: Transport, stuck: () => void) {
    this.#transport = transport;
    this.#stuck = stuck;
  }

  /**
   * Sends a frame without payload.
   *
   * @param sent - called when the transport has it and all before, or with an error when it is lost
   */
  control(header: Header, sent: Sent = () => {}): void {
    this.#write(encodeHeader(header), sent);
    if (this.#transport.writableLength > MOST_UNSENT) this.#stuck();
  }

  /** Sends a frame with payload. To be called when it is one's turn. */
  data(id: number, payload: Uint8Array): void {
    this.#write(encodeHeader({ type: TYPE.data, flags: 0, id, length: payload.length }));
    this.#write(payload);
  }

  /** Has a sender wait for its turn, which may be now. */
  join(sender: Sender): void {
    this.#queue.add(sender);
    this.#pump();
  }

  leave(sender: Sender): void {
    this.#queue.delete(sender);
  }

  /** What is sent in one turn goes out in one write. */
  #write(bytes: Uint8Array, sent: Sent = () => {}): void {
    const transport = this.#transport;
    // Its streams are about to be reset, save those of which nothing but this was left to send.
    if (!transport.writable) {
      sent(new Error('what carries the session is over'));
      return;
    }
    if (!this.#isCorked) {
      this.#isCorked = true;
      transport.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        transport.uncork();
      });
    }
    transport.write(bytes, (error) => {
      sent(error);
      this.#pump();
    });
  }

  #pump(): void {
    // Whoever is told that its bytes are sent may have more at once.
    if (this.#isPumping) return;
    this.#isPumping = true;
    for (const sender of this.#queue) {
      if (this.#transport.writableLength >= MOST_AHEAD) break;
      // A set goes on with what is added to it while it is gone through.
      this.#queue.delete(sender);
      if (sender.send()) this.#queue.add(sender);
    }
    this.#isPumping = false;
  }
}
