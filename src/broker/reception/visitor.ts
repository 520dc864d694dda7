import type { Socket } from 'node:net';
import type { TlsSource } from '../../data-plane/data-plane.ts';
import { secure } from '../../data-plane/portable/tls.ts';
import { Deadline } from '../../deadline.ts';
import type { Caller } from '../../doorstep/reception.ts';
import { reasonOf } from '../../errors.ts';
import type { ProtocolError } from '../../protocol/error-codes.ts';
import { formatError } from '../../protocol/extended.ts';
import { LineBuffer } from '../../protocol/line-buffer.ts';
import { LINE_TOO_LONG } from '../../protocol/lines.ts';
import type { SessionEnding } from '../../yamux/session.ts';
import { ControlConnection, type ControlHolder } from '../control-connection.ts';
import { SHUTDOWN } from '../last-words.ts';
import { type MuxHolder, MuxSession } from '../mux-session.ts';
import { Handshake, type Step } from './handshake.ts';
import type { Host, VisitorPolicy } from './host.ts';
import { type Refusal, refusalOf } from './refusal.ts';

/** Milliseconds for each line of the handshake, from the first octet or the line before. */
const LINE_DEADLINE = 5000;

/** Milliseconds until a wrong proof is answered. */
const DENIAL_DELAY = 1000;

/** The first octet of a TLS connection: a handshake record (RFC 8446, 5.1). */
const TLS_HANDSHAKE = 0x16;

/** And of a yamux session: its version. */
const MUX_VERSION = 0x00;

/**
 * `silent`: nothing has come, or nothing on the first stream. `securing`: in a TLS handshake. `talking`: lines come.
 * `applying`: has said who it is. `denied`: is to be sent away, later. `away`: is being
 * sent away, gone, or somebody else's.
 */
type Stage = 'silent' | 'securing' | 'talking' | 'applying' | 'denied' | 'away';

/** A connection to the control port that has not said yet who it is. */
export class Visitor implements Caller, ControlHolder, MuxHolder {
  readonly address: string;
  readonly #policy: VisitorPolicy;
  readonly #host: Host;
  readonly #left: (visitor: Visitor) => void;
  readonly #heard: (visitor: Visitor) => void;
  readonly #lines = new LineBuffer();
  readonly #deadline = new Deadline();
  /** What it is connected by, also where what it says comes on a stream. */
  #socket: Socket;
  #connection: ControlConnection;
  #mux: MuxSession | undefined;
  #handshake: Handshake;
  #stage: Stage = 'silent';

  /**
   * @param socket - needs an error listener already, and `allowHalfOpen`
   * @param left - told, perhaps twice, when it has got somewhere else or is gone
   * @param heard - told when it has said who it is
   */
  constructor(
    socket: Socket,
    policy: VisitorPolicy,
    host: Host,
    left: (visitor: Visitor) => void,
    heard: (visitor: Visitor) => void,
  ) {
    this.#policy = policy;
    this.#host = host;
    this.#left = left;
    this.#heard = heard;
    this.#socket = socket;
    this.#connection = new ControlConnection(socket, { secured: false }, this);
    this.#handshake = new Handshake(policy, { secured: false });
    this.address = this.#connection.address;
    this.#deadline.set(policy.helloWait, () =>
      this.#apply(() => host.registerBasic(this.#connection)),
    );
    socket.once('close', () => {
      // The end of a TLS handshake is told by whoever shakes hands.
      if (this.#stage !== 'securing') this.over();
    });
  }

  received(chunk: Buffer): void {
    if (this.#stage === 'silent') this.#meet(chunk);
    else if (this.#stage === 'talking') this.#talk(chunk);
  }

  /** On a stream, to say nothing and that nothing will be said are the same. */
  heardEnd(): boolean {
    const mux = this.#mux;
    if (mux === undefined || this.#stage !== 'silent') return false;
    void this.#apply(() => this.#host.registerMux(this.#connection, mux));
    return true;
  }

  over(): void {
    this.#move('away');
    this.#left(this);
  }

  muxOver(ending: SessionEnding, detail: string): void {
    if (ending === 'misbehaved' && this.#stage !== 'away') {
      this.#host.refused(this.address, { cause: 'bad-message', detail: `yamux: ${detail}` });
    }
    this.over();
  }

  pushOut(): void {
    if (this.#stage !== 'away') this.#host.refused(this.address, { cause: 'pushed-out' });
    this.#move('away');
    this.#connection.destroy();
  }

  /** The broker ends. */
  shutDown(): void {
    if (this.#stage === 'talking') this.#connection.end(formatError(SHUTDOWN));
    else this.#connection.destroy();
    this.#move('away');
  }

  /** The first octet tells what is spoken here. */
  #meet(chunk: Buffer): void {
    const { tls } = this.#policy;
    const [octet] = this.#mux === undefined ? chunk : [];
    if (octet === TLS_HANDSHAKE && tls !== undefined && !this.#connection.secured) {
      void this.#secure(chunk, tls);
    } else if (octet === MUX_VERSION) {
      this.#multiplex(chunk);
    } else {
      this.#move('talking');
      this.#expectLine();
      this.#talk(chunk);
    }
  }

  /** From now on the first stream is the connection, of which the same is expected but for another beginning. */
  #multiplex(chunk: Buffer): void {
    const { mux: times, helloWait } = this.#policy;
    const { secured } = this.#connection;
    this.#connection.release();
    this.#socket.unshift(chunk);
    this.#expectLine();
    const mux = new MuxSession(this.#socket, times, this, (stream) => {
      this.#connection = new ControlConnection(stream, { secured, mux }, this);
      this.#deadline.set(helloWait, () => this.heardEnd());
    });
    this.#mux = mux;
  }

  async #secure(chunk: Buffer, tls: TlsSource): Promise<void> {
    this.#move('securing');
    this.#connection.release();
    this.#socket.unshift(chunk);
    try {
      this.#socket = await secure(this.#socket, tls);
      if (this.#stage !== 'securing') return;
      this.#connection = new ControlConnection(this.#socket, { secured: true }, this);
      this.#handshake = new Handshake(this.#policy, { secured: true });
      this.#move('silent');
      this.#expectLine();
    } catch (error) {
      if (this.#stage !== 'securing') return;
      this.#host.refused(this.address, { cause: 'tls', detail: reasonOf(error) });
      this.over();
    }
  }

  #talk(chunk: Buffer): void {
    this.#lines.add(chunk);
    while (this.#stage === 'talking') {
      const line = this.#lines.next();
      if (line === undefined) break;
      this.#take(this.#handshake.read(line), line);
    }
    if (this.#stage === 'talking' && this.#lines.isTooLong) {
      this.#refuse({
        cause: 'line-too-long',
        error: { code: 'line-too-long', message: LINE_TOO_LONG },
      });
    }
  }

  #take(step: Step, line: string): void {
    const connection = this.#connection;
    switch (step.do) {
      case 'challenge':
        connection.send(step.line);
        this.#expectLine();
        break;
      case 'object':
        connection.send(formatError(step.error));
        break;
      case 'refuse':
        this.#refuse(refusalOf(step.error, line));
        break;
      case 'deny':
        this.#deny(step.error, step.name);
        break;
      case 'register':
        this.#heard(this);
        void this.#apply(() =>
          this.#host.registerExtended(connection, step.application, this.#lines),
        );
        break;
      case 'adopt':
        void this.#apply(() => this.#host.adopt(connection, step.hello, this.#lines.rest()));
    }
  }

  async #apply(admission: () => Promise<Refusal | undefined> | Refusal | undefined): Promise<void> {
    this.#move('applying');
    this.#connection.pause();
    const refusal = await admission();
    if (refusal === undefined) this.over();
    else if (this.#stage === 'applying') this.#refuse(refusal);
  }

  #deny(error: ProtocolError, name: string): void {
    this.#move('denied');
    this.#connection.pause();
    this.#host.denied(this.address, name);
    this.#deadline.set(DENIAL_DELAY, () => {
      this.#move('away');
      this.#connection.end(formatError(error));
    });
  }

  /** It stays at the door until it has gone. */
  #refuse(refusal: Refusal): void {
    this.#move('away');
    this.#host.refused(this.address, refusal);
    this.#connection.end(refusal.error && formatError(refusal.error));
    // It may have no stream yet.
    this.#mux?.leave();
  }

  #expectLine(): void {
    this.#deadline.set(LINE_DEADLINE, () =>
      this.#refuse({ cause: 'hello-timeout', error: LINE_TIMEOUT }),
    );
  }

  #move(stage: Stage): void {
    this.#deadline.clear();
    this.#stage = stage;
  }
}

const LINE_TIMEOUT: ProtocolError = {
  code: 'hello-timeout',
  message: 'the next line did not end in time; send it at once',
};
