import type { Socket } from 'node:net';
import { plainAddress } from '../data-plane/address.ts';
import { type SessionEnding, type SessionSettings, YamuxSession } from '../yamux/session.ts';
import type { YamuxStream } from '../yamux/stream.ts';

export type MuxTimes = Pick<SessionSettings, 'keepAlive' | 'openDeadline'>;

/** Whoever gets clients by a session, or may yet. */
export interface MuxHolder {
  /** No more streams come about: the session is over, or the peer wants none. Told once, and not of an end that we made ourselves. */
  muxOver(ending: SessionEnding, detail: string): void;
}

/**
 * A registrant's yamux session. It opens one stream, its control connection; all the others are
 * the broker's, one for each client.
 */
export class MuxSession {
  /** Of this machine, as the registrant sees it. */
  readonly localAddress: string;
  readonly #session: YamuxSession;
  #holder: MuxHolder;
  #control: YamuxStream | undefined;
  #isOver = false;

  /**
   * @param socket - see {@link YamuxSession}
   * @param opened - gets the control connection
   */
  constructor(
    socket: Socket,
    times: MuxTimes,
    holder: MuxHolder,
    opened: (stream: YamuxStream) => void,
  ) {
    this.localAddress = plainAddress(socket.localAddress ?? '');
    this.#holder = holder;
    this.#session = new YamuxSession(
      socket,
      { role: 'server', mostOfPeer: 1, ...times },
      {
        opened: (stream) => {
          if (this.#control !== undefined) {
            stream.destroy();
            return;
          }
          this.#control = stream;
          stream.accept();
          opened(stream);
        },
        declined: () => {
          this.#over('closed', '');
          this.#control?.destroy();
        },
        over: (ending, detail) => this.#over(ending, detail),
      },
    );
  }

  /** Whether no more streams come about. */
  get isOver(): boolean {
    return this.#isOver;
  }

  handTo(holder: MuxHolder): void {
    this.#holder = holder;
  }

  /** Opens a stream for a client; undefined when none comes about any more. */
  open(): YamuxStream | undefined {
    return this.#session.open();
  }

  /** Ends when its last stream has ended. */
  leave(): void {
    this.#isOver = true;
    this.#session.leave();
  }

  #over(ending: SessionEnding, detail: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#holder.muxOver(ending, detail);
  }
}
