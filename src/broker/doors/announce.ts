import type { Socket } from 'node:net';
import { afterReading } from '../../data-plane/portable/after-reading.ts';
import { MOST_IN_ALL } from '../../doorstep/doorstep.ts';
import type { Caller } from '../../doorstep/reception.ts';
import { ControlConnection, type ControlHolder } from '../control-connection.ts';
import type { Refusal } from '../reception/refusal.ts';
import type { Dialect } from '../registration/basic-registration.ts';
import { registerBasic } from '../registration/register-basic.ts';
import type { Site } from '../registration/site.ts';
import { type Door, openDoor } from './door.ts';

/** Callers of one address: as many as there may be of all, since none stays for longer than it takes to see that he says nothing. */
const MOST_OF_ONE_ADDRESS = MOST_IN_ALL;

const ANNOUNCE: Dialect = {
  protocol: 'announce',
  greeting: (clientPort) => `established relay address port:${clientPort}\n`,
  isBare: true,
};

/** Where registrants say nothing and are told at once: of their client port, and then of each client. */
export async function* openAnnounce(site: Site): AsyncGenerator<Door> {
  const { announcePort, announceRandom } = site.settings;
  if (announcePort === undefined) return;
  const received = (socket: Socket, left: (registrant: Registrant) => void) => {
    const registrant = new Registrant(socket, left, (cause, detail = '') =>
      site.emit('refused', registrant.address, cause, detail),
    );
    const order = announceRandom ? 'random' : { from: (socket.localPort ?? announcePort) + 1 };
    void registrant.apply((connection) => registerBasic(site, connection, ANNOUNCE, { order }));
    return registrant;
  };
  yield openDoor(site, 'announce', announcePort, received, MOST_OF_ONE_ADDRESS);
}

/** Octets of what is said here that are logged. */
const LONGEST_DETAIL = 64;

/** Somebody who is to say nothing, and then to get a registration. */
class Registrant implements Caller, ControlHolder {
  readonly address: string;
  readonly #connection: ControlConnection;
  readonly #left: (registrant: Registrant) => void;
  readonly #refused: (cause: Refusal['cause'], detail?: string) => void;

  /**
   * @param socket - needs an error listener already, and `allowHalfOpen`
   * @param left - told, perhaps twice, when it has got somewhere else or is gone
   */
  constructor(
    socket: Socket,
    left: (registrant: Registrant) => void,
    refused: (cause: Refusal['cause'], detail?: string) => void,
  ) {
    this.#connection = new ControlConnection(socket, { secured: false }, this);
    this.address = this.#connection.address;
    this.#left = left;
    this.#refused = refused;
    socket.once('close', () => left(this));
  }

  async apply(
    register: (connection: ControlConnection) => Promise<Refusal | undefined>,
  ): Promise<void> {
    // No port is opened for whoever has said something with the connection.
    await new Promise<void>(afterReading);
    if (this.#connection.isEnded) return;
    this.#connection.pause();
    this.#left(this);
    const refusal = await register(this.#connection);
    if (refusal !== undefined) this.#refuse(refusal.cause, refusal.detail);
  }

  received(chunk: Buffer): void {
    this.#refuse('hello-unknown', chunk.toString('latin1', 0, LONGEST_DETAIL));
  }

  over(): void {}

  pushOut(): void {
    if (!this.#connection.isEnded) this.#refused('pushed-out');
    this.shutDown();
  }

  shutDown(): void {
    this.#connection.destroy();
  }

  #refuse(cause: Refusal['cause'], detail?: string): void {
    if (this.#connection.isEnded) return;
    this.#refused(cause, detail);
    this.#connection.end();
  }
}
