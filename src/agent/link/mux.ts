import type { Socket } from 'node:net';
import { type SessionEnding, YamuxSession } from '../../yamux/session.ts';
import type { YamuxStream } from '../../yamux/stream.ts';

/** Milliseconds between two pings, and those for an answer. */
const KEEP_ALIVE = { interval: 5000, deadline: 10_000 };

/** Milliseconds for the relay to accept the control connection. */
const ACCEPTANCE = 10_000;

/** Clients at one time; more are reset. A relay of ours lets no more in unless it is told to. */
const MOST_CLIENTS = 10_000;

/** The agent's end of a yamux session: the control connection, and a stream for each client. */
export class Mux {
  readonly control: YamuxStream;
  readonly #session: YamuxSession;
  /** Those that came before anybody was there for them. */
  readonly #early: YamuxStream[] = [];
  #onClient: (stream: YamuxStream) => void = (stream) => this.#early.push(stream);
  #onOver: (ending: SessionEnding, detail: string) => void = () => {};

  /** @param socket - see {@link YamuxSession} */
  constructor(socket: Socket) {
    this.#session = new YamuxSession(
      socket,
      { role: 'client', mostOfPeer: MOST_CLIENTS, keepAlive: KEEP_ALIVE, openDeadline: ACCEPTANCE },
      {
        opened: (stream) => this.#onClient(stream),
        declined: () => {},
        over: (ending, detail) => this.#onOver(ending, detail),
      },
    );
    const control = this.#session.open();
    if (control === undefined) throw new Error('a new session has a stream');
    this.control = control;
  }

  /** @param over - told when the session ended by itself */
  watch(over: (ending: SessionEnding, detail: string) => void): void {
    this.#onOver = over;
  }

  /** @param onClient - gets each stream, which is to be accepted or destroyed */
  serve(onClient: (stream: YamuxStream) => void): void {
    this.#onClient = onClient;
    for (const stream of this.#early.splice(0)) onClient(stream);
  }

  /** Ends when its last stream has ended. */
  leave(): void {
    this.#session.leave();
  }
}
