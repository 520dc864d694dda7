import {
  DialError,
  type DialledPair,
  type DialledSpare,
  type SpareRequest,
  type TargetRequest,
} from '../data-plane.ts';
import { failure } from '../failure.ts';
import type { Addresses } from './addresses.ts';
import type { LoopThread } from './loop-thread.ts';
import { type LoopEvent, systemError } from './messages.ts';
import { RemoteDial } from './remote-dial.ts';

/** A spare that a thread keeps. */
export class RemoteSpare {
  readonly #taken: Promise<string>;
  readonly #id: number;
  readonly #thread: LoopThread;
  readonly #addresses: Addresses;
  #resolve: (line: string) => void = () => {};
  #reject: (error: DialError) => void = () => {};
  #pair: DialledPair | undefined;
  #isOver = false;

  private constructor(id: number, thread: LoopThread, addresses: Addresses) {
    this.#id = id;
    this.#thread = thread;
    this.#addresses = addresses;
    this.#taken = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    thread.listen(id, (event) => this.#heard(event));
  }

  static begin(
    id: number,
    thread: LoopThread,
    { relay }: SpareRequest,
    addresses: Addresses,
  ): DialledSpare {
    const spare = new RemoteSpare(id, thread, addresses);
    void spare.#park(relay);
    return {
      taken: spare.#taken,
      serve: (request) => spare.#serve(request),
      cut: () => spare.#cut(),
    };
  }

  async #park({ host, port, hello }: SpareRequest['relay']): Promise<void> {
    try {
      const relay = await this.#addresses.find({ host, port });
      if (!this.#isOver) this.#thread.send({ do: 'park', id: this.#id, relay, hello });
    } catch (error) {
      this.#fail(error);
    }
  }

  #serve(request: TargetRequest): DialledPair {
    const id = this.#id;
    this.#pair = RemoteDial.begin(id, this.#thread, request, this.#addresses, (target) => ({
      do: 'serve',
      id,
      ...target,
    }));
    return this.#pair;
  }

  #cut(): void {
    if (this.#pair !== undefined) {
      this.#pair.cut();
      return;
    }
    this.#thread.send({ do: 'cut-dial', id: this.#id });
    // At once, or it could still turn out to be taken.
    this.#fail(failure('ABORT_ERR', 'given up'));
  }

  #fail(cause: unknown): void {
    this.#isOver = true;
    this.#thread.forget(this.#id);
    this.#reject(new DialError('relay', cause));
  }

  #heard(event: LoopEvent): void {
    switch (event[0]) {
      case 'taken':
        this.#resolve(event[2]);
        break;
      case 'dial-failed':
        this.#fail(systemError(event[3]));
        break;
      case 'thread-failed':
        this.#fail(event[2]);
    }
  }
}
