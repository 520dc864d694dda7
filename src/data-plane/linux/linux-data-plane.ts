import { lookup } from 'node:dns/promises';
import {
  type DataPlane,
  type DataPlaneObserver,
  DialError,
  type DialledPair,
  type DialledSpare,
  type DialRequest,
  type Exchange,
  type ExchangeObserver,
  type ExchangeSettings,
  NOTHING_MOVED,
  type SpareRequest,
} from '../data-plane.ts';
import { DescriptorBudget } from '../descriptor-budget.ts';
import { Addresses } from './addresses.ts';
import { Hairpin } from './hairpin.ts';
import { LoopThread } from './loop-thread.ts';
import { RemoteDial } from './remote-dial.ts';
import { RemoteExchange } from './remote-exchange.ts';
import { RemoteSpare } from './remote-spare.ts';

/**
 * The data plane on epoll(7) and splice(2): threads of its own hold every
 * descriptor, and bytes stay in the kernel. Names are looked up here, in the
 * main thread; the threads know addresses only.
 */
export class LinuxDataPlane implements DataPlane {
  readonly name = 'linux';
  readonly #observer: DataPlaneObserver;
  readonly #budget: DescriptorBudget;
  readonly #maxThreads: number;
  readonly #threads: LoopThread[] = [];
  readonly #addresses = new Addresses();
  readonly #hairpin: Hairpin;
  #lastId = 0;

  /**
   * @param maxThreads - each is started when there is something for it to do
   * @param budget - where its descriptors come from. Default: the process's.
   */
  constructor(
    maxThreads: number,
    observer: DataPlaneObserver,
    budget = DescriptorBudget.ofProcess(),
  ) {
    this.#maxThreads = maxThreads;
    this.#observer = observer;
    this.#budget = budget;
    this.#hairpin = new Hairpin(budget);
  }

  get threads(): number {
    return this.#threads.length;
  }

  async openExchange(settings: ExchangeSettings, observer: ExchangeObserver): Promise<Exchange> {
    const { host, tls, ...rest } = settings;
    if (tls !== undefined) throw new Error('this data plane cannot encrypt');
    if (observer.fetch !== undefined)
      throw new Error('this data plane has clients fetched by a line only');
    if (host !== undefined) return this.#open((await lookup(host)).address, rest, observer);
    try {
      return await this.#open('::', rest, observer);
    } catch (error) {
      if (!hasNoIPv6(error)) throw error;
      return this.#open('0.0.0.0', rest, observer);
    }
  }

  dialPair(request: DialRequest): DialledPair {
    const id = this.#nextId();
    const { host: address, port, hello } = request.relay;
    const relay = [{ address, port }];
    try {
      return RemoteDial.begin(id, this.#leastLoaded(), request, this.#addresses, (target) => ({
        do: 'dial',
        id,
        relay,
        hello,
        ...target,
      }));
    } catch (error) {
      // No thread could be started.
      const ended = Promise.reject(new DialError('relay', error));
      const moved = () => NOTHING_MOVED;
      return { dialled: Promise.resolve(), ended, moved, cut: () => {} };
    }
  }

  dialSpare(request: SpareRequest): DialledSpare {
    try {
      return RemoteSpare.begin(this.#nextId(), this.#leastLoaded(), request, this.#addresses);
    } catch (error) {
      const taken = Promise.reject(new DialError('relay', error));
      const serve = () => {
        throw error;
      };
      return { taken, serve, cut: () => {} };
    }
  }

  async answers(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.answers()));
  }

  async close(): Promise<void> {
    await this.#hairpin.close();
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #open(
    address: string,
    settings: Omit<ExchangeSettings, 'host' | 'tls'>,
    observer: ExchangeObserver,
  ): Promise<Exchange> {
    const id = this.#nextId();
    const thread = this.#leastLoaded();
    const open = { ...settings, address };
    return RemoteExchange.open(id, thread, open, observer, this.#budget, this.#hairpin);
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #leastLoaded(): LoopThread {
    const idle = this.#threads.find(({ load }) => load === 0);
    if (idle !== undefined) return idle;
    if (this.#threads.length < this.#maxThreads) return this.#startThread();
    return this.#threads.reduce((least, thread) => (thread.load < least.load ? thread : least));
  }

  #startThread(): LoopThread {
    const thread = new LoopThread(this.#budget, this.#observer);
    this.#threads.push(thread);
    return thread;
  }
}

function hasNoIPv6(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL';
}
