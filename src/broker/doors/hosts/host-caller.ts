import type { Socket } from 'node:net';
import { plainAddress } from '../../../data-plane/address.ts';
import { farewell } from '../../../doorstep/farewell.ts';
import type { Caller } from '../../../doorstep/reception.ts';
import type { NamedService } from '../../names/named-service.ts';

/** Milliseconds until the host has to be known. */
const HOST_DEADLINE = 5000;

/** How clients of a protocol say which host they want, and are told that they cannot have it. */
export interface HostDialogue<Fault extends string> {
  readonly reader: {
    /** All that was added. */
    readonly bytes: Buffer;
    /** Takes what comes until there is an answer. */
    add(chunk: Buffer): { host: string } | { fault: Fault } | undefined;
  };
  /** The last word to a client; empty where there is none. */
  readonly answer: (refusal: HostRefusal | Fault) => Buffer;
}

/** `unknown`: no service has that name. `away`: it has nobody to serve it. `timeout`: the host was not said in time. */
export type HostRefusal = 'unknown' | 'away' | 'timeout';

/** Those who have services, and want to know what becomes of those who want one. */
export interface HostDirectory<Fault extends string> {
  /** Undefined where there is no service of that name. */
  find(host: string): NamedService | undefined;
  /** @param host - empty where it is not known */
  refused(address: string, refusal: HostRefusal | Fault | 'pushed-out', host: string): void;
}

/** A client that has yet to say which host it wants. It is sent on, with all that it said, or away. */
export class HostCaller<Fault extends string> implements Caller {
  readonly address: string;
  readonly #socket: Socket;
  readonly #dialogue: HostDialogue<Fault>;
  readonly #directory: HostDirectory<Fault>;
  readonly #left: (caller: HostCaller<Fault>) => void;
  readonly #timer: NodeJS.Timeout;
  #isOver = false;

  /**
   * @param socket - needs an error listener already, and `allowHalfOpen`
   * @param left - told, perhaps twice, when it has got somewhere else or is gone
   */
  constructor(
    socket: Socket,
    dialogue: HostDialogue<Fault>,
    directory: HostDirectory<Fault>,
    left: (caller: HostCaller<Fault>) => void,
  ) {
    this.address = plainAddress(socket.remoteAddress ?? '');
    this.#socket = socket;
    this.#dialogue = dialogue;
    this.#directory = directory;
    this.#left = left;
    this.#timer = setTimeout(() => this.#refuse('timeout'), HOST_DEADLINE);
    socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose);
  }

  pushOut(): void {
    if (!this.#isOver) this.#directory.refused(this.address, 'pushed-out', '');
    this.shutDown();
  }

  shutDown(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  readonly #onData = (chunk: Buffer) => {
    const answer = this.#dialogue.reader.add(chunk);
    if (answer === undefined) return;
    if ('fault' in answer) this.#refuse(answer.fault);
    else this.#send(answer.host);
  };

  /** It has gone before it said what it wanted. */
  readonly #onEnd = () => this.shutDown();

  readonly #onClose = () => {
    clearTimeout(this.#timer);
    this.#left(this);
  };

  #send(host: string): void {
    const service = this.#directory.find(host);
    if (service?.isAvailable !== true) {
      this.#refuse(service === undefined ? 'unknown' : 'away', host);
      return;
    }
    const socket = this.#socket.pause();
    socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    this.#onClose();
    const turnAway = () => this.#refuse('away', host);
    service.enter(socket, { read: this.#dialogue.reader.bytes, greeting: '', turnAway });
  }

  #refuse(refusal: HostRefusal | Fault, host = ''): void {
    const socket = this.#socket;
    const { reader, answer } = this.#dialogue;
    this.#isOver = true;
    clearTimeout(this.#timer);
    if (reader.bytes.length === 0) {
      // A browser that connects in advance would take an answer for that to its next request.
      socket.destroy();
      return;
    }
    this.#directory.refused(this.address, refusal, host);
    socket.off('data', this.#onData).off('end', this.#onEnd);
    farewell(socket, answer(refusal));
  }
}
