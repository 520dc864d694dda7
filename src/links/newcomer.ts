import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { plainAddress } from '../data-plane/address.ts';
import type { TlsSource } from '../data-plane/data-plane.ts';
import { secure } from '../data-plane/portable/tls.ts';
import type { Caller } from '../doorstep/reception.ts';

/** Somebody who has yet to prove that he is a member. Who is none gets no answer but what TLS says. */
export class Newcomer implements Caller {
  readonly address: string;
  readonly #socket: Socket;

  /**
   * @param socket - paused, with an error listener and `allowHalfOpen`
   * @param left - told when he has proved it, or is gone
   */
  constructor(
    socket: Socket,
    tls: TlsSource,
    left: (newcomer: Newcomer) => void,
    secured: (socket: TLSSocket) => void,
  ) {
    this.address = plainAddress(socket.remoteAddress ?? '');
    this.#socket = socket;
    void secure(socket, tls)
      .then(secured, () => socket.destroy())
      .finally(() => left(this));
  }

  pushOut(): void {
    this.#socket.destroy();
  }

  shutDown(): void {
    this.#socket.destroy();
  }
}
