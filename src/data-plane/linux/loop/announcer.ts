import { AGAIN, close, send } from '../system-calls.ts';
import type { Task } from './loop.ts';
import type { Relay } from './relay.ts';

/**
 * Writes lines to a registrant, those of one turn in one write, and on
 * its own descriptor of the control connection, which spares the main thread a
 * wake-up for each client.
 *
 * Nobody else writes there while this one does. When the kernel takes no more,
 * the peer is far behind with its reading, and the main thread takes over for
 * good: it bounds what lies unsent, and for how long.
 */
export class Announcer implements Task {
  readonly #relay: Relay;
  readonly #id: number;
  readonly #round: number;
  #descriptor: number | undefined;
  #due = '';

  /**
   * @param round - which announcement of its exchange this is
   * @param descriptor - of the control connection, owned by this object; undefined when
   * only the main thread can write there
   */
  constructor(relay: Relay, id: number, round: number, descriptor: number | undefined) {
    this.#relay = relay;
    this.#id = id;
    this.#round = round;
    this.#descriptor = descriptor;
  }

  say(line: string): void {
    this.#due += line;
    this.#relay.loop.atEndOfTurn(this);
  }

  proceed(): void {
    if (this.#due === '') return;
    const lines = Buffer.from(this.#due, 'latin1');
    this.#due = '';
    const sent = this.#descriptor === undefined ? 0 : send(this.#descriptor, lines, lines.length);
    if (sent === lines.length) return;
    // Any other error means that the connection is gone, which the main thread finds out by itself.
    const unsent = sent >= 0 || sent === AGAIN ? lines.subarray(Math.max(sent, 0)) : undefined;
    this.#close();
    if (unsent === undefined) return;
    const text = unsent.toString('latin1');
    this.#relay.outbox.tell(['notify', this.#id, this.#round, text]);
  }

  /** Sends what is due, and lets go of the descriptor. */
  end(): void {
    this.proceed();
    this.#close();
  }

  #close(): void {
    if (this.#descriptor !== undefined) close(this.#descriptor);
    this.#descriptor = undefined;
  }
}
