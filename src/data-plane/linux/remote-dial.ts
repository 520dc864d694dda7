import {
  DialError,
  type DialledPair,
  type DialRequest,
  type Endpoint,
  type PairReport,
} from '../data-plane.ts';
import { failure } from '../failure.ts';
import type { Addresses } from './addresses.ts';
import type { LoopThread } from './loop-thread.ts';
import { type LoopEvent, type ResolvedDial, systemError } from './messages.ts';
import type { SocketAddress } from './system-calls.ts';

/** A dial that a thread makes, once its addresses are known here. */
export class RemoteDial {
  readonly dialled: Promise<void>;
  readonly ended: Promise<PairReport>;
  readonly #id: number;
  readonly #thread: LoopThread;
  readonly #lookUpErrors: { relay?: unknown; target?: unknown } = {};
  #resolveDialled: () => void = () => {};
  #resolveEnded: (report: PairReport) => void = () => {};
  #rejectEnded: (error: DialError) => void = () => {};
  #isSent = false;
  #isOver = false;

  private constructor(id: number, thread: LoopThread) {
    this.#id = id;
    this.#thread = thread;
    this.dialled = new Promise((resolve) => {
      this.#resolveDialled = resolve;
    });
    this.ended = new Promise((resolve, reject) => {
      this.#resolveEnded = resolve;
      this.#rejectEnded = reject;
    });
    thread.listen(id, (event) => this.#heard(event));
  }

  static begin(
    id: number,
    thread: LoopThread,
    request: DialRequest,
    addresses: Addresses,
  ): DialledPair {
    const dial = new RemoteDial(id, thread);
    const [relay, target] = [addresses.known(request.relay), addresses.known(request.target)];
    if (relay === undefined || target === undefined) void dial.#findAndSend(request, addresses);
    else dial.#send({ ...request, relay, target });
    const { dialled, ended } = dial;
    return { dialled, ended, cut: () => dial.#cut() };
  }

  /** Also without an address for the target: the relay has to be dialled all the same, to be reset. */
  async #findAndSend(request: DialRequest, addresses: Addresses): Promise<void> {
    const [relay, target] = await Promise.all([
      this.#lookUp('relay', request.relay, addresses),
      this.#lookUp('target', request.target, addresses),
    ]);
    if (!this.#isOver) this.#send({ ...request, relay, target });
  }

  #send(dial: ResolvedDial): void {
    this.#isSent = true;
    this.#thread.send({ do: 'dial', id: this.#id, ...dial });
  }

  async #lookUp(
    side: 'relay' | 'target',
    endpoint: Endpoint,
    addresses: Addresses,
  ): Promise<SocketAddress[]> {
    try {
      return await addresses.find(endpoint);
    } catch (error) {
      this.#lookUpErrors[side] = error;
      return [];
    }
  }

  #cut(): void {
    if (this.#isSent) this.#thread.send({ do: 'cut-dial', id: this.#id });
    else this.#fail(new DialError('target', failure('ABORT_ERR', 'given up')));
  }

  #fail(error: DialError): void {
    this.#isOver = true;
    this.#thread.forget(this.#id);
    this.#resolveDialled();
    this.#rejectEnded(error);
  }

  #heard(event: LoopEvent): void {
    switch (event[0]) {
      case 'dialled':
        this.#resolveDialled();
        break;
      case 'dial-failed': {
        const [, , side, error] = event;
        this.#fail(new DialError(side, this.#lookUpErrors[side] ?? systemError(error)));
        break;
      }
      case 'thread-failed':
        this.#fail(new DialError('relay', event[2]));
        break;
      case 'dial-ended': {
        const [, , bytesToServer, bytesToClient, ending] = event;
        this.#thread.forget(this.#id);
        this.#resolveEnded({ bytesToServer, bytesToClient, ending });
      }
    }
  }
}
