import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Endpoint } from '../data-plane.ts';
import type { SocketAddress } from './system-calls.ts';

/** Milliseconds for which a look-up is used again: it costs more than the connection it is for. */
const FRESH = 1000;

/** Where an endpoint is: names are looked up, by the system's rules, and not for each connection anew. */
export class Addresses {
  readonly #looked = new Map<string, { at: number; addresses: Promise<string[]> }>();

  /** In the order in which they are to be tried. Rejects when the name has none. */
  async of(endpoint: Endpoint): Promise<SocketAddress[]> {
    if ('path' in endpoint) return [endpoint];
    const { host, port } = endpoint;
    const addresses = isIP(host) === 0 ? await this.#lookUp(host) : [host];
    return addresses.map((address) => ({ address, port }));
  }

  #lookUp(name: string): Promise<string[]> {
    const now = performance.now();
    const known = this.#looked.get(name);
    if (known !== undefined && now - known.at < FRESH) return known.addresses;
    const addresses = lookup(name, { all: true }).then((found) =>
      found.map(({ address }) => address),
    );
    this.#looked.set(name, { at: now, addresses });
    return addresses;
  }
}
