import type { ConnectionOptions } from 'node:tls';
import type { DialledPair, RelayDial } from '../../data-plane/data-plane.ts';
import { reach } from '../reach.ts';

/**
 * Milliseconds after which a back-connect that is not there yet raises doubts, and
 * those that the port then has to answer: a client waits 10 s, and is to be
 * fetched by the other way within them.
 */
const PATIENCE = 2500;

/** What a dial says of a port that nothing gets through to. */
const OUT_OF_REACH = [
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EACCES',
  'EPERM',
];

/** Where the relay is, as seen from here. */
export interface RelayPorts {
  host: string;
  control: number;
  backConnect: number;
  tls: ConnectionOptions | undefined;
}

/** What is known of relays from one control connection to the next: by address, the port for back-connects that was out of reach when it was last dialled. */
export type DoorMemory = Map<string, number>;

/** Relays that something is known of. */
const MOST_KNOWN = 64;

/**
 * Where the back-connects of a registration go: to a port of their own or,
 * where nothing gets through to that, to the control port.
 */
export class Door {
  readonly #ports: RelayPorts;
  readonly #memory: DoorMemory;
  readonly #onShut: (port: number) => void;
  #state: 'unknown' | 'open' | 'shut' | 'closed';
  /** Not connected yet, while nothing has ever got through. */
  readonly #hanging = new Set<DialledPair>();
  #doubt: NodeJS.Timeout | undefined;

  /**
   * @param single - whether there is but the control port from the start
   * @param onShut - told when the port for back-connects is given up, once for as long as it is the same
   */
  constructor(
    ports: RelayPorts,
    single: boolean,
    memory: DoorMemory,
    onShut: (port: number) => void,
  ) {
    this.#ports = ports;
    this.#memory = memory;
    this.#state = single || memory.get(ports.host) === ports.backConnect ? 'shut' : 'unknown';
    this.#onShut = onShut;
  }

  /** Whether there is but the control port. */
  get isSingle(): boolean {
    return this.#state === 'shut';
  }

  dial(hello: string): RelayDial & { hello: string } {
    const { host, control, backConnect, tls } = this.#ports;
    return { host, port: this.#state === 'shut' ? control : backConnect, hello, tls };
  }

  /** Watches a pair that is being dialled, and cuts it when it has to be dialled anew. */
  watch(pair: DialledPair): void {
    if (this.#state !== 'unknown') return;
    this.#hanging.add(pair);
    void pair.dialled.then(() => this.#hanging.delete(pair));
    pair.ended.then(
      () => {
        if (this.#state === 'unknown') this.#state = 'open';
      },
      () => {},
    );
    this.#doubt ??= setTimeout(() => void this.#ask(), PATIENCE);
  }

  /** The other way, where this one failed and there is another. */
  detour(failed: RelayDial, cause: unknown): RelayDial | undefined {
    const { control } = this.#ports;
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (failed.port === control || this.#state === 'closed') return undefined;
    if (OUT_OF_REACH.includes(code)) this.#shut();
    return this.#state === 'shut' ? { ...failed, port: control } : undefined;
  }

  /** The registration is gone: nobody is to be dialled anew. */
  close(): void {
    clearTimeout(this.#doubt);
    this.#state = 'closed';
  }

  /** Something hangs: whether it is the port or the target is for a dial of our own to tell. */
  async #ask(): Promise<void> {
    this.#doubt = undefined;
    if (this.#state !== 'unknown' || this.#hanging.size === 0) return;
    const { host, backConnect: port } = this.#ports;
    const isOpen = await reach({ host, port }, AbortSignal.timeout(PATIENCE)).then(
      () => true,
      () => false,
    );
    if (this.#state !== 'unknown') return;
    if (isOpen) this.#state = 'open';
    else this.#shut();
  }

  #shut(): void {
    if (this.#state === 'shut') return;
    this.#state = 'shut';
    this.#remember();
    clearTimeout(this.#doubt);
    this.#onShut(this.#ports.backConnect);
    for (const pair of this.#hanging) pair.cut();
  }

  #remember(): void {
    const { host, backConnect } = this.#ports;
    this.#memory.set(host, backConnect);
    const [oldest = host] = this.#memory.keys();
    if (this.#memory.size > MOST_KNOWN) this.#memory.delete(oldest);
  }
}
