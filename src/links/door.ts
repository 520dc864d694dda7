import type { TLSSocket } from 'node:tls';
import type { TlsSource } from '../data-plane/data-plane.ts';
import type { DescriptorBudget } from '../data-plane/descriptor-budget.ts';
import { type Listener, listen } from '../data-plane/portable/sockets.ts';
import { Reception } from '../doorstep/reception.ts';
import { RelayError, reasonOf } from '../errors.ts';
import { YamuxSession } from '../yamux/session.ts';
import { answer } from './answering.ts';
import type { LinkHost } from './links.ts';
import { Newcomer } from './newcomer.ts';
import { ANSWERING } from './session-settings.ts';

/** Where the other members dial this one. */
export class Door {
  readonly #host: LinkHost;
  readonly #listener: Listener;
  readonly #reception: Reception<Newcomer>;
  readonly #sessions = new Set<YamuxSession>();
  #isClosed = false;
  /** Told when the last session is over. */
  #emptied: () => void = () => {};

  private constructor(listener: Listener, reception: Reception<Newcomer>, host: LinkHost) {
    this.#listener = listener;
    this.#reception = reception;
    this.#host = host;
  }

  /** Rejects with `E_LISTEN`. */
  static async open(
    at: { host: string | undefined; port: number },
    tls: TlsSource,
    host: LinkHost,
    budget: DescriptorBudget,
  ): Promise<Door> {
    let door: Door;
    const reception: Reception<Newcomer> = new Reception(budget, {
      received: (socket, left) =>
        new Newcomer(socket, tls, left, (secured) => door.#received(secured)),
      refused: () => {},
    });
    try {
      const listener = await listen(at, (socket) => reception.receive(socket));
      door = new Door(listener, reception, host);
      return door;
    } catch (cause) {
      throw new RelayError(
        'E_LISTEN',
        `Cannot listen for the other brokers of the fleet on ${at.host ?? 'any address'}, port ${at.port}: ${reasonOf(cause)}. Choose another --cluster-port (0: the system picks).`,
        { cause },
      );
    }
  }

  get port(): number {
    return this.#listener.port;
  }

  /** Resolves when the last stream is over. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listener.close();
    this.#reception.close();
    for (const session of this.#sessions) session.leave();
    if (this.#sessions.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
  }

  cut(): void {
    for (const session of this.#sessions) session.destroy();
    this.#reception.cut();
  }

  #received(socket: TLSSocket): void {
    if (this.#isClosed) {
      socket.destroy();
      return;
    }
    const session = new YamuxSession(socket, ANSWERING, {
      opened: (stream) => {
        stream.accept();
        void answer(stream, this.#host);
      },
      declined: () => {},
      over: () => {},
    });
    this.#sessions.add(session);
    socket.once('close', () => {
      this.#sessions.delete(session);
      if (this.#sessions.size === 0) this.#emptied();
    });
  }
}
