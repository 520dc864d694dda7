import { Socket } from 'node:net';
import { plainAddress } from '../address.ts';
import type { StreamSocket, TlsSource } from '../data-plane.ts';
import type { Ear } from '../switchboard/wires.ts';
import { reset } from './reset.ts';
import { secure } from './tls.ts';
import { transportOf } from './transport.ts';

/** A connection that was accepted, and is not joined yet. */
export class Connection {
  readonly address: string;
  readonly port: number;
  readonly #tls: TlsSource | undefined;
  #socket: StreamSocket;
  #isClosed = false;
  #stopListening: () => void = () => {};

  /**
   * @param socket - paused, with an error listener and `allowHalfOpen`
   * @param tls - encrypts it; undefined when nothing does, or something has
   */
  constructor(socket: StreamSocket, tls: TlsSource | undefined) {
    this.#socket = socket;
    this.#tls = tls;
    this.address = plainAddress(socket.remoteAddress ?? '');
    this.port = socket.remotePort ?? 0;
  }

  /** Encrypts it if it has to be. Resolves with false when it is gone by then. */
  async secure(): Promise<boolean> {
    if (this.#tls === undefined || !(this.#socket instanceof Socket)) return true;
    try {
      this.#socket = await secure(this.#socket, this.#tls);
    } catch {
      return false;
    }
    if (this.#isClosed) reset(this.#socket);
    return !this.#isClosed;
  }

  /** Reads, once it is encrypted, until it is joined or closed. */
  listen(ear: Ear): void {
    if (this.#tls === undefined) {
      this.#hear(ear);
      return;
    }
    void this.secure().then((isSecured) => {
      if (isSecured) this.#hear(ear);
      else ear.gone();
    });
  }

  /** Nothing is read any more. */
  leave(): StreamSocket {
    this.#stopListening();
    return this.#socket;
  }

  /** How soon the system asks a silent peer whether it is there. */
  keepAlive(seconds: number): void {
    const transport = transportOf(this.#socket);
    if (transport instanceof Socket) transport.setKeepAlive(true, seconds * 1000);
  }

  /** Writes a line, if there is one; false when the connection turns out to be gone. */
  send(line: string): boolean {
    if (!this.#socket.writable) return false;
    if (line !== '') this.#socket.write(line, 'latin1');
    return this.#socket.errored === null;
  }

  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    this.#socket.destroy();
  }

  reset(): void {
    this.#isClosed = true;
    this.#stopListening();
    reset(this.#socket);
  }

  #hear(ear: Ear): void {
    const socket = this.#socket;
    const heard = (chunk: Buffer) => ear.heard(chunk);
    const gone = () => ear.gone();
    socket.on('data', heard).on('end', gone).on('close', gone).resume();
    this.#stopListening = () => {
      socket.off('data', heard).off('end', gone).off('close', gone).pause();
    };
    ear.ready();
  }
}
