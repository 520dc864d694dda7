import type { Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import { plainAddress } from '../data-plane/address.ts';
import { dial } from '../data-plane/portable/sockets.ts';
import { RelayError, reasonOf } from '../errors.ts';
import { parseAddress } from '../options/values.ts';
import { parseNew } from '../protocol/basic.ts';
import { isTooLong, LINE_TOO_LONG, lineSplitter } from '../protocol/lines.ts';
import { printable } from '../protocol/printable.ts';

/** The agent's end of a control connection of the basic protocol. */
export class ControlLink {
  /** The address connected to. It is the only one dialled back, whatever a notification or a later look-up says. */
  readonly relayAddress: string;
  readonly #socket: Socket;
  readonly #name: string;
  readonly #lines = lineSplitter();

  private constructor(socket: Socket, name: string) {
    this.#socket = socket;
    this.#name = name;
    this.relayAddress = plainAddress(socket.remoteAddress ?? '');
  }

  /**
   * @param name - the relay's control port, `<host>:<port>`
   * @throws RelayError `E_RELAY_UNREACHABLE`
   */
  static async connect(name: string, signal: AbortSignal): Promise<ControlLink> {
    const relay = parseAddress(name);
    if (relay === undefined) throw new RelayError('E_BAD_OPTION', `${name} is not <host>:<port>`);
    const { connected, abort } = dial(relay, false);
    signal.addEventListener('abort', abort);
    try {
      return new ControlLink(await connected, name);
    } catch (error) {
      throw new RelayError(
        'E_RELAY_UNREACHABLE',
        `Cannot reach the relay at ${name}: ${reasonOf(error)}. Is relay-broker running there?`,
        { cause: error },
      );
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /**
   * Hands over the back-connect port of each notification as it comes, except
   * while paused: then the relay has to wait, nothing is queued here but what
   * was read already.
   *
   * @throws RelayError when the connection ends: `E_RELAY_LOST`, or
   *   `E_NOT_A_RELAY` when something else than a notification comes.
   */
  async answer(onPort: (port: number) => void): Promise<never> {
    const lines = this.#lines;
    this.#socket.on('error', (error) => lines.destroy(error));
    // pipe() passes on an end, but not a socket's destruction.
    this.#socket.on('close', () => lines.end());
    lines.on('data', (line: string) => {
      const port = parseNew(line);
      if (port === undefined) lines.destroy(this.#notARelay(`it sent ${printable(line)}`));
      else onPort(port);
    });
    this.#socket.pipe(lines);
    try {
      await finished(lines);
    } catch (error) {
      if (error instanceof RelayError) throw error;
      if (isTooLong(error)) throw this.#notARelay(LINE_TOO_LONG);
      throw this.#lost(reasonOf(error), error);
    } finally {
      this.#socket.destroy();
    }
    throw this.#lost('it closed the control connection');
  }

  pause(): void {
    this.#lines.pause();
  }

  resume(): void {
    this.#lines.resume();
  }

  close(): void {
    this.#socket.destroy();
  }

  #lost(reason: string, cause?: unknown): RelayError {
    return new RelayError('E_RELAY_LOST', `Lost the relay at ${this.#name}: ${reason}.`, { cause });
  }

  #notARelay(what: string): RelayError {
    return new RelayError(
      'E_NOT_A_RELAY',
      `No relay answers at ${this.#name}: ${what}. Check host and port.`,
    );
  }
}
