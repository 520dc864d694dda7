import type { Socket } from 'node:net';
import { plainAddress } from '../data-plane/address.ts';
import type { ProtocolError } from '../protocol/error-codes.ts';
import { formatError } from '../protocol/extended.ts';
import { LINE_TOO_LONG, lineSplitter } from '../protocol/lines.ts';

/** Milliseconds for a first line to be complete once its first byte has come. */
const HELLO_DEADLINE = 5000;

/** Notifications that may lie unsent in user space; the kernel hides some megabytes more. */
const MAX_UNSENT = 64 * 1024;

/** Milliseconds in which unsent notifications have to be on their way. */
const UNSENT_DEADLINE = 10_000;

/** Milliseconds for a peer to close after our last word. */
const FAREWELL_DEADLINE = 2000;

/**
 * `greeting`: nobody knows yet who this is. `basic`: it stayed silent, hence
 * speaks the basic protocol. `ended`: closed, or about to be.
 */
type HelloError = ProtocolError & { code: 'hello-unknown' | 'line-too-long' | 'hello-timeout' };

type State = 'greeting' | 'basic' | 'ended';

export interface ControlHandlers {
  /** Nothing came within the hello window. */
  silent(): void;
  /** Something came that is not a hello; the peer has been told and is being closed. */
  rejected(error: HelloError, sent: string): void;
  /** A basic registrant's connection is over. */
  ended(cause: 'closed' | 'lost' | 'not-reading' | 'junk', detail: string): void;
  /** The descriptor is gone, after whatever else was reported. */
  closed(): void;
}

/** One control connection: what is read, written and timed on it. */
export class ControlConnection {
  readonly socket: Socket;
  readonly address: string;
  readonly #handlers: ControlHandlers;
  #state: State = 'greeting';
  #timer: NodeJS.Timeout | undefined;
  #notifications = '';

  /** `socket` needs an error listener already, and `allowHalfOpen`. */
  constructor(socket: Socket, helloWait: number, handlers: ControlHandlers) {
    this.socket = socket;
    this.address = plainAddress(socket.remoteAddress ?? '');
    this.#handlers = handlers;
    this.#arm(helloWait, () => {
      this.#state = 'basic';
      this.#handlers.silent();
    });
    this.#readHello();
    socket.on('end', () => this.#over('closed', ''));
    socket.on('error', (error) => this.#over('lost', error.message));
    socket.on('close', () => {
      this.#over('lost', '');
      this.#disarm();
      this.#handlers.closed();
    });
  }

  /**
   * The system's, for whoever writes there past the stream; undefined where there
   * is none to be had. Node does not document it.
   */
  get descriptor(): number | undefined {
    const { _handle: handle } = this.socket as { _handle?: { fd?: number } | null };
    return handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : undefined;
  }

  /** Sends notifications to a basic registrant. Those of one turn of the event loop share a write. */
  notify(lines: string): void {
    if (this.#notifications === '') setImmediate(() => this.#sendNotifications());
    this.#notifications += lines;
  }

  #sendNotifications(): void {
    const { socket } = this;
    const notifications = this.#notifications;
    this.#notifications = '';
    if (this.#state !== 'basic') return;
    socket.write(notifications, 'latin1', () => {
      if (socket.writableLength === 0) this.#disarm();
    });
    if (socket.writableLength > MAX_UNSENT) this.#over('not-reading', '');
    else if (socket.writableLength > 0 && this.#timer === undefined) {
      this.#arm(UNSENT_DEADLINE, () => this.#over('not-reading', ''));
    }
  }

  /** Ends the connection behind what was sent; nothing is reported for it but `closed`. */
  end(lastWord = ''): void {
    this.#state = 'ended';
    // Reading on empties the kernel's buffer: unread input would turn our close into a reset.
    this.socket.resume();
    this.socket.end(lastWord);
    this.#arm(FAREWELL_DEADLINE, () => this.socket.destroy());
  }

  /** Ends the connection at once; nothing is reported for it but `closed`. */
  destroy(): void {
    this.#state = 'ended';
    this.socket.destroy();
  }

  /** Before the hello window is over: one line, at most so long, within the deadline. */
  #readHello(): void {
    const lines = lineSplitter();
    this.socket.once('data', () => {
      if (this.#state !== 'greeting') return;
      this.#arm(HELLO_DEADLINE, () =>
        this.#reject(
          { code: 'hello-timeout', message: 'the first line did not end in time; send it at once' },
          '',
        ),
      );
    });
    this.socket.on('data', (chunk) => {
      if (this.#state === 'greeting') lines.write(chunk);
      else if (this.#state === 'basic') this.#over('junk', chunk.toString('latin1'));
    });
    lines.on('error', () => {
      this.#reject({ code: 'line-too-long', message: LINE_TOO_LONG }, '');
    });
    lines.on('data', (line: string) => {
      this.#reject(
        {
          code: 'hello-unknown',
          message: 'this relay knows no such first line; to register, connect and send nothing',
        },
        line,
      );
    });
  }

  #reject(error: HelloError, sent: string): void {
    if (this.#state !== 'greeting') return;
    this.end(formatError(error));
    this.#handlers.rejected(error, sent);
  }

  #over(cause: 'closed' | 'lost' | 'not-reading' | 'junk', detail: string): void {
    if (this.#state === 'ended') return;
    const wasBasic = this.#state === 'basic';
    this.destroy();
    if (wasBasic) this.#handlers.ended(cause, detail);
  }

  /** One deadline at a time: for the hello, then for what is unsent, then for the farewell. */
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
