import { parseNew } from '../../protocol/basic.ts';
import type { ControlConnection } from './control-connection.ts';
import { type Link, MOST_DIALLING, type WaitingClient } from './link.ts';

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
      if (port === undefined) connection.end(connection.nonsense(line));
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
}
