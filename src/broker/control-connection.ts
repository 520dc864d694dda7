import { Socket } from 'node:net';
import { plainAddress } from '../data-plane/address.ts';
import type { StreamSocket } from '../data-plane/data-plane.ts';
import { descriptorOf } from '../data-plane/handle.ts';
import type { MuxSession } from './mux-session.ts';

/** What is sent may lie unsent in user space; the kernel hides some megabytes more. */
const MAX_UNSENT = 64 * 1024;

/** Milliseconds in which what is unsent has to be on its way. */
const UNSENT_DEADLINE = 10_000;

/** Milliseconds for a peer to close after our last word. */
const FAREWELL_DEADLINE = 2000;

/** How a connection ended that was not ended by us. */
export type ConnectionEnding = 'closed' | 'lost' | 'not-reading';

/** Whoever a connection belongs to at the moment. */
export interface ControlHolder {
  received(chunk: Buffer): void;
  /** Nothing more comes. The connection is over by that, unless this answers that it goes on. */
  heardEnd?(): boolean;
  /** Told once, and not of an end that we made ourselves. */
  over(ending: ConnectionEnding, detail: string): void;
}

/** One control connection, whatever is spoken on it: bounded in what lies unsent, and ended on every path. */
export class ControlConnection<S extends StreamSocket = StreamSocket> {
  readonly address: string;
  /** Whether it is a TLS connection. */
  readonly secured: boolean;
  /** The session that it is a stream of, and that ends behind it. */
  readonly mux: MuxSession | undefined;
  readonly #socket: S;
  #holder: ControlHolder;
  #isEnded = false;
  #timer: NodeJS.Timeout | undefined;
  #notifications = '';

  /** `socket` needs an error listener already, and `allowHalfOpen`. */
  constructor(
    socket: S,
    { secured, mux }: { secured: boolean; mux?: MuxSession },
    holder: ControlHolder,
  ) {
    this.address = plainAddress(socket.remoteAddress ?? '');
    this.secured = secured;
    this.mux = mux;
    this.#socket = socket;
    this.#holder = holder;
    socket.on('data', this.#onData).on('end', this.#onEnd);
    socket.on('error', this.#onError).on('close', this.#onClose);
    socket.resume();
  }

  get socket(): S {
    return this.#socket;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Has nothing more read until {@link ControlConnection.handTo}; an end is not noticed meanwhile. */
  pause(): void {
    this.#socket.pause();
  }

  /** From now on it belongs to another one. */
  handTo(holder: ControlHolder): void {
    this.#holder = holder;
    this.#socket.resume();
  }

  /** Gives up the socket, which is paused and no longer this object's. */
  release(): S {
    const socket = this.#socket.pause();
    this.#isEnded = true;
    this.#disarm();
    socket.off('data', this.#onData).off('end', this.#onEnd);
    return socket.off('error', this.#onError).off('close', this.#onClose);
  }

  /**
   * The system's, for whoever writes there past the stream, as plain bytes and with none of ours
   * still to come before; undefined where there is none to be had.
   */
  get descriptor(): number | undefined {
    const socket = this.#socket;
    if (this.secured || socket.writableLength > 0) return undefined;
    return socket instanceof Socket ? descriptorOf(socket) : undefined;
  }

  /** Sends at once. */
  send(text: string): void {
    const socket = this.#socket;
    if (this.#isEnded) return;
    socket.write(text, 'latin1', () => {
      if (socket.writableLength === 0) this.#disarm();
    });
    if (socket.writableLength > MAX_UNSENT) this.#over('not-reading', '');
    else if (socket.writableLength > 0 && this.#timer === undefined) {
      this.#arm(UNSENT_DEADLINE, () => this.#over('not-reading', ''));
    }
  }

  /** Sends what is notified in one turn of the event loop in one write. */
  notify(lines: string): void {
    if (this.#notifications === '') {
      setImmediate(() => {
        const notifications = this.#notifications;
        this.#notifications = '';
        this.send(notifications);
      });
    }
    this.#notifications += lines;
  }

  /** Ends the connection behind what was sent. */
  end(lastWord = ''): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    // Reading on empties the kernel's buffer: unread input would turn our close into a reset.
    this.#socket.resume();
    this.#socket.end(lastWord);
    this.#arm(FAREWELL_DEADLINE, () => this.#socket.destroy());
    this.mux?.leave();
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#isEnded = true;
    this.#socket.destroy();
    this.mux?.leave();
  }

  readonly #onData = (chunk: Buffer) => {
    if (!this.#isEnded) this.#holder.received(chunk);
  };

  readonly #onEnd = () => {
    if (this.#isEnded || !this.#holder.heardEnd?.()) this.#over('closed', '');
  };

  readonly #onError = (error: Error) => this.#over('lost', error.message);

  readonly #onClose = () => {
    this.#over('lost', '');
    this.#disarm();
  };

  #over(ending: ConnectionEnding, detail: string): void {
    if (this.#isEnded) return;
    this.destroy();
    this.#holder.over(ending, detail);
  }

  /** One deadline at a time: for what is unsent, then for the farewell. */
  #arm(milliseconds: number, expired: () => void): void {
    this.#disarm();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      expired();
    }, milliseconds);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
