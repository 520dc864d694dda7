import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { within } from '../../within.ts';
import type { Endpoint } from '../data-plane.ts';
import { DIAL_TIMEOUT } from '../limits.ts';
import type { SocketAddress } from './system-calls.ts';

/** Milliseconds for which a look-up is used again: it costs more than the connection it is for. */
const FRESH = 1000;

/** Where endpoints are: names are looked up, by the system's rules, but not for each connection anew. */
export class Addresses {
  readonly #looked = new Map<string, { at: number; addresses: string[] }>();
  readonly #looking = new Map<string, Promise<string[]>>();

  /** What is known without a look-up, in the order in which to try. */
  known(endpoint: Endpoint): SocketAddress[] | undefined {
    if ('path' in endpoint) return [endpoint];
    const { host, port } = endpoint;
    if (isIP(host) !== 0) return [{ address: host, port }];
    const looked = this.#looked.get(host);
    if (looked === undefined || performance.now() - looked.at > FRESH) return undefined;
    return looked.addresses.map((address) => ({ address, port }));
  }

  /** Looks up what is not known. Rejects when the name has no address, or none is found in time. */
  async find(endpoint: Endpoint): Promise<SocketAddress[]> {
    const known = this.known(endpoint);
    if (known !== undefined || 'path' in endpoint) return known ?? [];
    const { host, port } = endpoint;
    const looking = this.#looking.get(host) ?? this.#lookUp(host);
    this.#looking.set(host, looking);
    const addresses = await looking;
    return addresses.map((address) => ({ address, port }));
  }

  async #lookUp(host: string): Promise<string[]> {
    try {
      const found = await within(DIAL_TIMEOUT, lookup(host, { all: true }));
      const addresses = found.map(({ address }) => address);
      this.#looked.set(host, { at: performance.now(), addresses });
      return addresses;
    } finally {
      this.#looking.delete(host);
    }
  }
}
