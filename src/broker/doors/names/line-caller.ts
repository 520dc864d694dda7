import type { Socket } from 'node:net';
import type { Caller } from '../../../doorstep/reception.ts';
import { LineBuffer } from '../../../protocol/line-buffer.ts';
import { LONGEST_LINE } from '../../../protocol/names.ts';
import { ControlConnection, type ControlHolder } from '../../control-connection.ts';
import type { DoorRefusal } from '../../events.ts';

/** Milliseconds for each line, from the greeting or the line before. */
const LINE_DEADLINE = 5000;

/** What is to be done about a line. */
export type Step =
  /** The next line is waited for. */
  | { do: 'listen' }
  /** Nothing more is said. */
  | { do: 'end' }
  /** This is the last word. */
  | { do: 'refuse'; answer: string; cause: DoorRefusal; detail: string }
  /** The connection is somebody else's from now on, with what came behind the line. */
  | { do: 'hand-over'; take(socket: Socket, rest: Buffer): void };

/** What is said to a caller, line by line. Knows of no socket. */
export interface LineDialogue {
  readonly greeting: string;
  /** @param line - undefined when it is too long */
  heard(line: string | undefined): Step | Promise<Step>;
  refused(cause: DoorRefusal, detail: string): void;
}

/** Somebody who has yet to say, in lines, what he wants. */
export class LineCaller implements Caller, ControlHolder {
  readonly address: string;
  readonly #dialogue: LineDialogue;
  readonly #left: (caller: LineCaller) => void;
  readonly #connection: ControlConnection<Socket>;
  readonly #lines = new LineBuffer(LONGEST_LINE);
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param socket - needs an error listener already, and `allowHalfOpen`
   * @param left - told, perhaps twice, when he has got somewhere else or is gone
   */
  constructor(socket: Socket, dialogue: LineDialogue, left: (caller: LineCaller) => void) {
    this.#dialogue = dialogue;
    this.#left = left;
    this.#connection = new ControlConnection(socket, { secured: false }, this);
    this.address = this.#connection.address;
    socket.once('close', () => this.over());
    this.#connection.send(`${dialogue.greeting}\n`);
    this.#expectLine();
  }

  received(chunk: Buffer): void {
    this.#lines.add(chunk);
    this.#proceed();
  }

  over(): void {
    clearTimeout(this.#timer);
    this.#left(this);
  }

  pushOut(): void {
    if (!this.#connection.isEnded) this.#dialogue.refused('pushed-out', '');
    this.shutDown();
  }

  shutDown(): void {
    this.#connection.destroy();
  }

  #proceed(): void {
    const line = this.#lines.next();
    if (line !== undefined || this.#lines.isTooLong) void this.#hear(line);
    else this.#connection.handTo(this);
  }

  /** Nothing more is read of him until it is known what is to be done. */
  async #hear(line: string | undefined): Promise<void> {
    clearTimeout(this.#timer);
    this.#connection.pause();
    const step = await this.#dialogue.heard(line);
    if (!this.#connection.isEnded) this.#take(step);
  }

  #take(step: Step): void {
    switch (step.do) {
      case 'listen':
        this.#expectLine();
        this.#proceed();
        break;
      case 'end':
        this.#connection.end();
        break;
      case 'refuse':
        this.#dialogue.refused(step.cause, step.detail);
        this.#connection.end(`${step.answer}\n`);
        break;
      case 'hand-over':
        step.take(this.#connection.release(), this.#lines.rest());
        this.over();
    }
  }

  #expectLine(): void {
    this.#timer = setTimeout(() => {
      this.#dialogue.refused('timeout', '');
      this.#connection.end();
    }, LINE_DEADLINE);
  }
}
