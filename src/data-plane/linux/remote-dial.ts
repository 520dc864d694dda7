import { DialError, type DialledPair, type PairReport, type TargetRequest } from '../data-plane.ts';
import { failure } from '../failure.ts';
import type { Addresses } from './addresses.ts';
import type { LoopThread } from './loop-thread.ts';
import { type LoopCommand, type LoopEvent, type ResolvedTarget, systemError } from './messages.ts';

/** A pair that a thread dials, once the target's addresses are known here. */
export class RemoteDial {
  readonly dialled: Promise<void>;
  readonly ended: Promise<PairReport>;
  readonly #id: number;
  readonly #thread: LoopThread;
  readonly #place: number;
  readonly #order: (target: ResolvedTarget) => LoopCommand;
  #lookUpError: unknown;
  #resolveDialled: () => void = () => {};
  #resolveEnded: (report: PairReport) => void = () => {};
  #rejectEnded: (error: DialError) => void = () => {};
  #isSent = false;
  #isOver = false;

  private constructor(
    id: number,
    thread: LoopThread,
    order: (target: ResolvedTarget) => LoopCommand,
  ) {
    this.#id = id;
    this.#thread = thread;
    this.#place = thread.traffic.take();
    this.#order = order;
    this.dialled = new Promise((resolve) => {
      this.#resolveDialled = resolve;
    });
    this.ended = new Promise((resolve, reject) => {
      this.#resolveEnded = resolve;
      this.#rejectEnded = reject;
    });
    thread.listen(id, (event) => this.#heard(event));
  }

  /** @param order - what the thread is to do with the target */
  static begin(
    id: number,
    thread: LoopThread,
    request: TargetRequest,
    addresses: Addresses,
    order: (target: ResolvedTarget) => LoopCommand,
  ): DialledPair {
    const dial = new RemoteDial(id, thread, order);
    const target = addresses.known(request.target);
    if (target === undefined) void dial.#findAndSend(request, addresses);
    else dial.#send({ ...request, target });
    const { dialled, ended } = dial;
    const moved = () => thread.traffic.read(dial.#place);
    return { dialled, ended, moved, cut: () => dial.#cut() };
  }

  /** Also without an address for the target: the relay may have to be dialled all the same, or reset. */
  async #findAndSend(request: TargetRequest, addresses: Addresses): Promise<void> {
    const target = await addresses.find(request.target).catch((error: unknown) => {
      this.#lookUpError = error;
      return [];
    });
    if (!this.#isOver) this.#send({ ...request, target });
  }

  #send({ target, preface, halfCloseTimeout }: Omit<ResolvedTarget, 'place'>): void {
    this.#isSent = true;
    const place = this.#place;
    this.#thread.send(this.#order({ target, preface, halfCloseTimeout, place }));
  }

  #cut(): void {
    this.#thread.send({ do: 'cut-dial', id: this.#id });
    if (!this.#isSent) this.#fail(new DialError('target', failure('ABORT_ERR', 'given up')));
  }

  #fail(error: DialError): void {
    this.#forget();
    this.#resolveDialled();
    this.#rejectEnded(error);
  }

  #forget(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#thread.forget(this.#id);
    this.#thread.traffic.give(this.#place);
  }

  #heard(event: LoopEvent): void {
    switch (event[0]) {
      case 'dialled':
        this.#resolveDialled();
        break;
      case 'dial-failed': {
        const [, , side, error] = event;
        const cause = side === 'target' ? this.#lookUpError : undefined;
        this.#fail(new DialError(side, cause ?? systemError(error)));
        break;
      }
      case 'thread-failed':
        this.#fail(new DialError('relay', event[2]));
        break;
      case 'dial-ended': {
        const [, , bytesToServer, bytesToClient, ending, firstEnd] = event;
        this.#forget();
        this.#resolveEnded({ bytesToServer, bytesToClient, ending, firstEnd });
      }
    }
  }
}
