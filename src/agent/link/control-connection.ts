import type { Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import type { ConnectionOptions } from 'node:tls';
import { plainAddress } from '../../data-plane/address.ts';
import { dial } from '../../data-plane/portable/sockets.ts';
import { overTls } from '../../data-plane/portable/tls.ts';
import { RelayError, reasonOf } from '../../errors.ts';
import { parseAddress } from '../../options/values.ts';
import { isTooLong, LINE_TOO_LONG, lineSplitter } from '../../protocol/lines.ts';
import { printable } from '../../protocol/printable.ts';
import type { SessionEnding } from '../../yamux/session.ts';
import type { YamuxStream } from '../../yamux/stream.ts';
import { Mux } from './mux.ts';
import { isDistrust, untrustedCertificate } from './trust.ts';

/** Bytes that may lie unsent. A relay that leaves so much unread does not read at all. */
const MAX_UNSENT = 64 * 1024;

/** Milliseconds that a last word has to get out. */
const FAREWELL = 1000;

/** The agent's end of a control connection: lines in and lines out, whatever they mean. */
export class ControlConnection {
  /** As the user gave it. */
  readonly name: string;
  readonly host: string;
  /** What it is connected to. */
  readonly address: string;
  readonly port: number;
  /** Whether the relay closed without a word. */
  hungUp = false;
  /** The session that it is a stream of, and that ends behind it. */
  readonly mux: Mux | undefined;
  readonly #socket: Socket | YamuxStream;
  readonly #lines = lineSplitter();
  readonly #over: Promise<never>;

  private constructor(socket: Socket | YamuxStream, name: string, host: string, mux?: Mux) {
    this.#socket = socket;
    this.name = name;
    this.host = host;
    this.address = plainAddress(socket.remoteAddress ?? '');
    this.port = socket.remotePort ?? 0;
    this.mux = mux;
    mux?.watch((ending, detail) => this.end(this.#sessionOver(ending, detail)));
    socket.on('error', (error) => this.#lines.destroy(error));
    // pipe() passes on an end, but not a socket's destruction.
    socket.on('close', () => this.#lines.end());
    this.#lines.pause();
    socket.pipe(this.#lines);
    this.#over = this.#watch();
    // Whoever reads is told; somebody may not read yet.
    this.#over.catch(() => {});
  }

  /**
   * @param name - the relay's control port, `<host>:<port>`
   * @param isMuxed - whether it is to be a stream of a session
   * @param patience - see {@link dial}
   * @throws RelayError `E_RELAY_UNREACHABLE`, `E_BROKER_UNTRUSTED`
   */
  static async connect(
    name: string,
    tls: ConnectionOptions | undefined,
    signal: AbortSignal,
    isMuxed = false,
    patience?: number,
  ): Promise<ControlConnection> {
    const relay = parseAddress(name);
    if (relay === undefined) throw new RelayError('E_BAD_OPTION', `${name} is not <host>:<port>`);
    const { connected, abort } = dial(relay, isMuxed, overTls(tls), patience);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    try {
      const socket = await connected;
      if (!isMuxed) return new ControlConnection(socket, name, relay.host);
      const mux = new Mux(socket);
      return new ControlConnection(mux.control, name, relay.host, mux);
    } catch (error) {
      if (isDistrust(error)) throw untrustedCertificate(name, reasonOf(error), error);
      const hint = tls
        ? 'Does relay-broker run there, with TLS?'
        : 'Is relay-broker running there?';
      throw new RelayError(
        'E_RELAY_UNREACHABLE',
        `Cannot reach the relay at ${name}: ${reasonOf(error)}. ${hint}`,
        { cause: error },
      );
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** The next line. Rejects as {@link each} does. */
  next(): Promise<string> {
    const line = new Promise<string>((resolve) => {
      this.#lines.once('data', (line: string) => {
        this.#lines.pause();
        resolve(line);
      });
      this.#lines.resume();
    });
    return Promise.race([line, this.#over]);
  }

  /**
   * Hands over each line as it comes, except while paused, until the connection ends.
   *
   * @throws RelayError `E_RELAY_LOST`, `E_NOT_A_RELAY` for a line without end, or what it was ended with.
   */
  each(onLine: (line: string) => void): Promise<never> {
    this.#lines.on('data', onLine);
    this.#lines.resume();
    return this.#over;
  }

  send(line: string): void {
    if (!this.#socket.writable) return;
    this.#socket.write(line);
    if (this.#socket.writableLength > MAX_UNSENT) this.end(this.lost('it does not read'));
  }

  pause(): void {
    this.#lines.pause();
  }

  resume(): void {
    this.#lines.resume();
  }

  /** Ends the connection for this reason, which whoever reads is told. */
  end(error: RelayError): void {
    this.#lines.destroy(error);
  }

  /** Leaves, behind a last line if there is one. */
  close(farewell?: string): void {
    if (farewell === undefined || !this.#socket.writable) {
      this.end(this.lost('closed'));
      return;
    }
    this.#socket.end(farewell);
    const timer = setTimeout(() => this.end(this.lost('closed')), FAREWELL);
    this.#socket.once('close', () => clearTimeout(timer));
    // What is left to be read lies before the relay's answer to that, its end.
    this.#lines.resume();
  }

  lost(reason: string, cause?: unknown): RelayError {
    return new RelayError('E_RELAY_LOST', `Lost the relay at ${this.name}: ${reason}.`, { cause });
  }

  notARelay(what: string): RelayError {
    return new RelayError(
      'E_NOT_A_RELAY',
      `No relay answers at ${this.name}: ${what}. Check host and port.`,
    );
  }

  /** {@link notARelay}, for a line that no relay would send. */
  nonsense(line: string): RelayError {
    return this.notARelay(`it sent ${printable(line)}`);
  }

  #sessionOver(ending: SessionEnding, detail: string): RelayError {
    if (ending === 'misbehaved') return this.notARelay(`it does not speak yamux (${detail})`);
    return this.lost(SESSION_ENDINGS[ending]);
  }

  async #watch(): Promise<never> {
    try {
      await finished(this.#lines);
    } catch (error) {
      if (error instanceof RelayError) throw error;
      if (isTooLong(error)) throw this.notARelay(LINE_TOO_LONG);
      this.hungUp = this.#socket.bytesRead === 0;
      throw this.lost(reasonOf(error), error);
    } finally {
      this.#socket.destroy();
      this.mux?.leave();
    }
    this.hungUp = this.#socket.bytesRead === 0;
    throw this.lost('it closed the control connection');
  }
}

const SESSION_ENDINGS: Record<Exclude<SessionEnding, 'misbehaved'>, string> = {
  closed: 'it closed the connection',
  lost: 'the connection broke',
  silent: 'it did not answer a ping',
  'not-reading': 'it does not read',
  'gone-away': 'it ended the session',
};
