import { setMaxListeners } from 'node:events';
import { DialError, type RelayDial } from '../../data-plane/data-plane.ts';
import { RelayError, reasonOf } from '../../errors.ts';
import { parseAddress } from '../../options/values.ts';
import type { NoticeListener } from '../events.ts';
import type { Service, Spare } from '../service.ts';
import { type Link, MOST_DIALLING, type WaitingClient } from './link.ts';
import { readTls, type TlsSettings } from './tls.ts';
import { isDistrust, untrustedCertificate } from './trust.ts';

/** Milliseconds until a connection that broke is replaced. */
const PAUSE = 5000;

export interface PoolContext {
  settings: TlsSettings & {
    /** The relay port of the pool. */
    pool: string;
    /** As many wait there at any time. */
    connections: number;
  };
  service: Service;
  notice: NoticeListener;
}

/**
 * The far end of a pool. There is no control connection and nothing is said: connections
 * wait at the relay, each for the first bytes of a client. One that was used is replaced
 * at once, one that broke after a while.
 */
export class PoolLink implements Link {
  readonly address = undefined;
  readonly grant = undefined;
  readonly mostDialling = MOST_DIALLING;
  readonly #context: PoolContext;
  readonly #stop = new AbortController();
  /** When there is room for one more client. */
  #room: Promise<void> = Promise.resolve();
  #makeRoom: () => void = () => {};

  constructor(context: PoolContext) {
    this.#context = context;
    // Each of the connections has one.
    setMaxListeners(0, this.#stop.signal);
  }

  async serve(onClient: (client: WaitingClient) => void): Promise<void> {
    const { connections } = this.#context.settings;
    const kept = Array.from({ length: connections }, () => this.#keepOne(onClient));
    await Promise.all(kept);
  }

  pause(): void {
    this.#room = new Promise((resolve) => {
      this.#makeRoom = resolve;
    });
  }

  resume(): void {
    this.#makeRoom();
  }

  /** There are no words for it: the client is reset. */
  fail(): void {}

  park(): void {}

  close(): void {
    this.#stop.abort();
    this.#makeRoom();
  }

  /** Keeps one connection waiting at the relay. */
  async #keepOne(onClient: (client: WaitingClient) => void): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const spare = await this.#taken().catch((error: unknown) => this.#lost(error));
      if (spare === undefined) await this.#pause();
      else onClient({ from: { spare } });
      await this.#room;
    }
  }

  /** One that has waited, and has a client. */
  async #taken(): Promise<Spare> {
    const { signal } = this.#stop;
    const spare = this.#context.service.park(await this.#relay());
    signal.addEventListener('abort', spare.cut);
    if (signal.aborted) spare.cut();
    try {
      await spare.taken;
      return spare;
    } finally {
      signal.removeEventListener('abort', spare.cut);
    }
  }

  /** The certificates are read each time: they may be renewed. */
  async #relay(): Promise<RelayDial> {
    const { settings } = this.#context;
    const at = parseAddress(settings.pool);
    if (at === undefined) throw new RelayError('E_BAD_OPTION', `${settings.pool} is no pool`);
    return { ...at, tls: await readTls(settings, at.host) };
  }

  #lost(error: unknown): undefined {
    if (this.#stop.signal.aborted) return;
    const { settings, notice } = this.#context;
    notice('spare-lost', `${inWords(settings.pool, error)} Another try is made in 5 s.`);
  }

  #pause(): Promise<void> {
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      const over = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', over);
        resolve();
      };
      const timer = setTimeout(over, PAUSE);
      signal.addEventListener('abort', over);
      if (signal.aborted) over();
    });
  }
}

function inWords(pool: string, error: unknown): string {
  if (error instanceof RelayError) return error.message;
  const cause = error instanceof DialError ? error.cause : error;
  if (isDistrust(cause)) return untrustedCertificate(pool, reasonOf(cause), cause).message;
  return `Cannot keep a connection in the pool at ${pool}: ${reasonOf(cause)}. Is that the relay port of a pool, and does it use TLS as this side does?`;
}
