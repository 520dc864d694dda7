import type { Connection, Connections } from './feed/wire.ts';
import { Meter, type Traffic } from './model/meter.ts';

export interface OpenedConnection {
  connection: Connection;
  /** Undefined until it has been seen twice. */
  rate: Traffic | undefined;
}

/** The connections of one registration, as long as its row is open. */
export class Opened {
  /** Undefined until the broker has told. */
  connections: OpenedConnection[] | undefined;
  /** How many there are, of which the newest are listed. */
  total = 0;
  readonly #meter = new Meter();

  take({ connections, total }: Connections): void {
    const rates = this.#meter.read(
      performance.now() / 1000,
      connections.map((each) => [
        each.id,
        { toClients: each.bytesToClient, toServers: each.bytesToServer },
      ]),
    );
    this.connections = connections.map((connection) => ({
      connection,
      rate: rates.get(connection.id),
    }));
    this.total = total;
  }
}
