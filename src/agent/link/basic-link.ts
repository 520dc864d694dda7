import type { RelayError } from '../../errors.ts';
import { parseNew } from '../../protocol/basic.ts';
import { brokerWords } from '../../protocol/extended.ts';
import { parseMessage } from '../../protocol/message.ts';
import type { ControlConnection } from './control-connection.ts';
import { type Link, MOST_DIALLING, type WaitingClient } from './link.ts';
import { refused } from './refusals.ts';

/** A registration of the basic protocol: all that ever comes is notifications, and nothing is said. */
export class BasicLink implements Link {
  readonly address: string;
  readonly mostDialling = MOST_DIALLING;
  readonly grant = undefined;
  readonly #connection: ControlConnection;

  constructor(connection: ControlConnection) {
    this.#connection = connection;
    this.address = connection.address;
  }

  serve(onClient: (client: WaitingClient) => void): Promise<never> {
    const connection = this.#connection;
    return connection.each((line) => {
      const port = parseNew(line);
      if (port === undefined) connection.end(this.#errorFor(line));
      else onClient({ from: { relay: { host: this.address, port } } });
    });
  }

  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  /** Without words for it: the relay is dialled all the same, and that connection reset. */
  fail(): void {}

  park(): void {}

  close(): void {
    this.#connection.close();
  }

  /** A relay may refuse those who say nothing, and that in words; of other relays it has none. */
  #errorFor(line: string): RelayError {
    const { name } = this.#connection;
    const message = parseMessage({ ERROR: brokerWords.ERROR }, line);
    if ('fault' in message) return this.#connection.nonsense(line);
    return refused(name, { ...message.body, to: undefined });
  }
}
