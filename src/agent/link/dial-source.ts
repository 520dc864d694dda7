import { DialError } from '../../data-plane/data-plane.ts';
import { formatMessage } from '../../protocol/message.ts';
import { relayUnreachable } from '../dial-back.ts';
import type { Spare } from '../service.ts';
import { Door } from './door.ts';
import { MOST_DIALLING } from './link.ts';
import {
  type Arrival,
  type ArrivalListener,
  type Registration,
  readTaken,
  type Source,
  type SourceContext,
} from './source.ts';
import { Spares } from './spares.ts';

/** A relay takes 128 from one address that have not said who they are; others may be there as well. */
const MOST_DIALLING_TO_CONTROL = 64;

/** Clients that are fetched: the relay is dialled for each, or was in advance. */
export class DialSource implements Source {
  readonly #registration: Registration;
  readonly #context: SourceContext;
  readonly #door: Door;
  #onArrival: ArrivalListener = () => {};
  #spares: Spares | undefined;

  constructor(registration: Registration, backConnect: number, context: SourceContext) {
    this.#registration = registration;
    this.#context = context;
    const { settings, doors, notice, tls } = context;
    const { address: host, port: control } = registration.connection;
    this.#door = new Door({ host, control, backConnect, tls }, settings.singlePort, doors, (shut) =>
      notice(
        'single-port',
        `Port ${shut} of the relay cannot be reached from here: clients are fetched by way of its control port instead. --single-port does so from the start.`,
      ),
    );
  }

  get mostDialling(): number {
    return this.#door.isSingle ? MOST_DIALLING_TO_CONTROL : MOST_DIALLING;
  }

  start(onArrival: ArrivalListener): void {
    this.#onArrival = onArrival;
    const { registration, spareTicket: ticket, maxSpares } = this.#registration.registered;
    const hello = formatMessage('SPARE', { registration, ticket });
    const { settings, service } = this.#context;
    this.#spares = new Spares(Math.min(settings.spares, maxSpares), {
      open: () => service.park(this.#door.dial(hello)),
      onTaken: (spare, line) => this.#taken(spare, line),
      onLost: (spare, error) => this.#lost(spare, error),
    });
  }

  announced(arrival: Arrival): boolean {
    const { registration } = this.#registration.registered;
    const { ticket } = arrival;
    const relay = this.#door.dial(formatMessage('TICKET', { registration, ticket }));
    this.#onArrival({ relay, door: this.#door }, arrival);
    return true;
  }

  pause(): void {
    this.#registration.connection.pause();
    this.#spares?.pause();
  }

  resume(): void {
    this.#registration.connection.resume();
    this.#spares?.resume();
  }

  async close(): Promise<void> {
    this.#door.close();
    await this.#spares?.close();
  }

  #taken(spare: Spare, line: string): void {
    const arrival = readTaken(line, this.#registration.connection);
    if (arrival === undefined) spare.cut();
    else this.#onArrival({ spare }, arrival);
  }

  #lost({ relay }: Spare, error: unknown): 'again' | 'later' {
    const cause = error instanceof DialError ? error.cause : error;
    if (this.#door.detour(relay, cause) !== undefined) return 'again';
    this.#context.notice('spare-lost', relayUnreachable(relay, cause).message);
    return 'later';
  }
}
