import { Deadline } from '../../deadline.ts';
import type { ErrorCode, ProtocolError } from '../../protocol/error-codes.ts';
import { formatError } from '../../protocol/extended.ts';
import type { LineBuffer } from '../../protocol/line-buffer.ts';
import { LINE_TOO_LONG } from '../../protocol/lines.ts';
import { formatMessage } from '../../protocol/message.ts';
import type { ConnectionEnding, ControlConnection, ControlHolder } from '../control-connection.ts';
import type { Interruption } from '../events.ts';
import { type AgentLine, MessageReader, outOfOrder } from '../message-reader.ts';

/** Heartbeats that an agent may leave out before it counts as gone. */
export const MISSED_HEARTBEATS = 3;

/** What an agent says of its registration. */
export type AgentRequest = Extract<AgentLine, { word: 'FAILED' | 'PARK' | 'UNPARK' | 'BYE' }>;

export interface SessionObserver {
  asked(request: AgentRequest): void;
  /** The connection is over, or has to be ended with these words. */
  interrupted(interruption: Interruption, error?: ProtocolError): void;
}

/** What an agent and the broker say to each other while a registration is live. */
export class AgentSession implements ControlHolder {
  readonly #connection: ControlConnection;
  readonly #lines: LineBuffer;
  readonly #say: (line: string) => void;
  readonly #observer: SessionObserver;
  readonly #messages = new MessageReader();
  readonly #heartbeat: NodeJS.Timeout;
  readonly #silence = new Deadline();
  /** Milliseconds. */
  readonly #patience: number;
  #isOver = false;

  /**
   * @param heartbeat - milliseconds between two signs of life
   * @param say - sends a line in order with the notifications of clients
   */
  constructor(
    connection: ControlConnection,
    lines: LineBuffer,
    heartbeat: number,
    say: (line: string) => void,
    observer: SessionObserver,
  ) {
    this.#connection = connection;
    this.#lines = lines;
    this.#say = say;
    this.#observer = observer;
    this.#heartbeat = setInterval(() => say(PING), heartbeat);
    this.#patience = heartbeat * MISSED_HEARTBEATS;
    this.#expectLine();
  }

  /** Reads what comes, and what has come already. */
  start(): void {
    this.#connection.handTo(this);
    this.#readLines();
  }

  notify(text: string): void {
    if (!this.#isOver) this.#connection.notify(text);
  }

  /** Ends the connection; nothing more is told of it. */
  end(error?: ProtocolError): void {
    this.#isOver = true;
    clearInterval(this.#heartbeat);
    this.#silence.clear();
    this.#connection.end(error && formatError(error));
  }

  received(chunk: Buffer): void {
    this.#lines.add(chunk);
    this.#readLines();
  }

  over(ending: ConnectionEnding): void {
    this.#observer.interrupted(ending);
  }

  #expectLine(): void {
    this.#silence.set(this.#patience, () => this.#observer.interrupted('silent', SILENT));
  }

  #readLines(): void {
    while (!this.#isOver) {
      const line = this.#lines.next();
      if (line === undefined) break;
      this.#expectLine();
      this.#read(line);
    }
    if (!this.#isOver && this.#lines.isTooLong) {
      this.#interrupt({ code: 'line-too-long', message: LINE_TOO_LONG });
    }
  }

  #read(line: string): void {
    const message = this.#messages.read(line);
    if ('objection' in message) {
      if (message.fatal) this.#interrupt(message.objection);
      else this.#say(formatError(message.objection));
      return;
    }
    switch (message.word) {
      case 'PING':
      case 'ERROR':
        break;
      case 'FAILED':
      case 'PARK':
      case 'UNPARK':
      case 'BYE':
        this.#observer.asked(message);
        break;
      default:
        this.#interrupt(outOfOrder(message.word));
    }
  }

  #interrupt(error: ProtocolError<Interruption & ErrorCode>): void {
    this.#observer.interrupted(error.code, error);
  }
}

const PING = formatMessage('PING');

const SILENT: ProtocolError = {
  code: 'silent',
  message: 'nothing came for longer than the deadline; try again',
};
