import {
  type Absence,
  CLIENT_GREETING,
  CONNECTED,
  parseServiceName,
} from '../../../protocol/names.ts';
import type { Directory } from '../../names/directory.ts';
import type { LineDialogue, Step } from './line-caller.ts';

/** What is said to a client. */
export class ClientDialogue implements LineDialogue {
  readonly greeting = CLIENT_GREETING;
  readonly refused: LineDialogue['refused'];
  readonly #directory: Directory;

  constructor(directory: Directory, refused: LineDialogue['refused']) {
    this.#directory = directory;
    this.refused = refused;
  }

  /** What is no name is nobody's name. */
  heard(line = ''): Step {
    const name = parseServiceName(line);
    const service = name === undefined ? undefined : this.#directory.find(name);
    if (service === undefined) return absent('NOEXIST', 'unknown', line);
    if (!service.isAvailable) return absent('OFFLINE', 'away', line);
    const greeting = `${CONNECTED}\n`;
    return { do: 'hand-over', take: (socket, read) => service.enter(socket, { read, greeting }) };
  }
}

function absent(answer: Absence, cause: 'unknown' | 'away', detail: string): Step {
  return { do: 'refuse', answer, cause, detail };
}
