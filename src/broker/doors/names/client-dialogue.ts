import type { Socket } from 'node:net';
import { farewell } from '../../../doorstep/farewell.ts';
import {
  type Absence,
  CLIENT_GREETING,
  CONNECTED,
  parseServiceName,
} from '../../../protocol/names.ts';
import type { NamedService, Services } from '../../names/named-service.ts';
import type { LineDialogue, Step } from './line-caller.ts';

/** What is said to a client. */
export class ClientDialogue implements LineDialogue {
  readonly greeting = CLIENT_GREETING;
  readonly refused: LineDialogue['refused'];
  readonly #services: Services;

  constructor(services: Services, refused: LineDialogue['refused']) {
    this.#services = services;
    this.refused = refused;
  }

  /** What is no name is nobody's name. */
  heard(line = ''): Step {
    const name = parseServiceName(line);
    const service = name === undefined ? undefined : this.#services.find(name);
    if (service === undefined) return absent('NOEXIST', 'unknown', line);
    if (!service.isAvailable) return absent('OFFLINE', 'away', line);
    return { do: 'hand-over', take: (socket, read) => this.#enter(service, socket, read, line) };
  }

  #enter(service: NamedService, socket: Socket, read: Buffer, line: string): void {
    const turnAway = () => {
      this.refused('away', line);
      farewell(socket, 'OFFLINE\n' satisfies `${Absence}\n`);
    };
    service.enter(socket, { read, greeting: `${CONNECTED}\n`, turnAway });
  }
}

function absent(answer: Absence, cause: 'unknown' | 'away', detail: string): Step {
  return { do: 'refuse', answer, cause, detail };
}
