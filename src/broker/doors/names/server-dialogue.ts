import {
  type Command,
  parseCommand,
  parseServiceName,
  SERVER_GREETING,
  UNKNOWN_COMMAND,
  USED,
} from '../../../protocol/names.ts';
import type { DoorRefusal } from '../../events.ts';
import type { LineDialogue, Step } from './line-caller.ts';
import type { ReservedNames } from './reserved-names.ts';

type NamedCommand = Exclude<Command, 'STOP'>;

/** What is said to a server. */
export class ServerDialogue implements LineDialogue {
  readonly greeting = SERVER_GREETING;
  readonly refused: LineDialogue['refused'];
  readonly #names: ReservedNames;
  readonly #address: string;
  #command: NamedCommand | undefined;

  /** @param address - the server's */
  constructor(names: ReservedNames, address: string, refused: LineDialogue['refused']) {
    this.#names = names;
    this.#address = address;
    this.refused = refused;
  }

  heard(line = ''): Step | Promise<Step> {
    if (this.#command === undefined) return this.#start(line);
    const name = parseServiceName(line);
    return name === undefined
      ? { do: 'refuse', answer: UNKNOWN_COMMAND, cause: 'bad-name', detail: line }
      : this.#obey(this.#command, name);
  }

  #start(line: string): Step {
    const command = parseCommand(line);
    switch (command) {
      case undefined:
        return { do: 'refuse', answer: UNKNOWN_COMMAND, cause: 'unknown-command', detail: line };
      case 'STOP':
        // It ends this connection and nothing else: what stops the broker is its operator's.
        return { do: 'end' };
      default:
        this.#command = command;
        return { do: 'listen' };
    }
  }

  async #obey(command: NamedCommand, name: string): Promise<Step> {
    switch (command) {
      case 'RESERVE':
        return endOf(await this.#names.reserve(name, this.#address), name);
      case 'RELEASE':
        return endOf(await this.#names.release(name, this.#address), name);
      case 'CONNECT': {
        const opened = await this.#names.connect(name, this.#address);
        if (typeof opened === 'string') return endOf(opened, name);
        return { do: 'hand-over', take: (socket, rest) => opened.park(socket, rest) };
      }
    }
  }
}

/** Whatever is the matter, there is but one word for it. */
function endOf(cause: DoorRefusal | undefined, name: string): Step {
  return cause === undefined ? { do: 'end' } : { do: 'refuse', answer: USED, cause, detail: name };
}
