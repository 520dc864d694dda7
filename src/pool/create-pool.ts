import { createSecureContext, type TlsOptions } from 'node:tls';
import * as v from 'valibot';
import type { Exchange, TlsSource } from '../data-plane/data-plane.ts';
import { createPortableDataPlane } from '../data-plane/portable/portable-data-plane.ts';
import { RelayError, reasonOf } from '../errors.ts';
import { checkOptions } from '../options/option.ts';
import { relayingOptions } from '../options/relaying-options.ts';
import { port, seconds, text } from '../options/values.ts';
import { openPoolExchange, WAIT_TIMEOUT } from './pool-exchange.ts';

/** A certificate, as `node:tls` takes it, and whom to ask for one. */
export type PoolTls = Pick<TlsOptions, 'cert' | 'key' | 'pfx' | 'passphrase' | 'ca'>;

export interface PoolOptions {
  /** Where far ends keep idle connections, 0 to 65535; 0 lets the system pick. */
  relayPort: number;
  /** Where clients connect, 0 to 65535; 0 lets the system pick. */
  servicePort: number;
  /** Address that both bind to. Default: all addresses, IPv6 and IPv4. */
  host?: string;
  /** Encrypts the relay port; with `ca`, far ends have to show a certificate of one of these authorities. Default: none. */
  tls?: PoolTls;
  /** Encrypts the service port in the same way; what is behind gets plain bytes. Default: none. */
  clientTls?: PoolTls;
  /** Seconds that a client waits for a far end before it is reset. Default 20. */
  waitTimeout?: number;
}

/** A pool that is open. */
export interface Pool {
  /** What the relay port is bound to. */
  readonly relayPort: number;
  /** What the service port is bound to. */
  readonly servicePort: number;
  /**
   * Shuts both ports at once, closes what is idle, and waits for joined connections to end; those left
   * after the drain time are reset. Calling again with less time shortens it.
   *
   * @param drain - seconds to wait. Default 10.
   */
  end(options?: { drain?: number }): Promise<void>;
}

const tls = v.optional(v.custom<PoolTls>((given) => typeof given === 'object' && given !== null));

const poolOptions = {
  relayPort: { schema: port, help: 'Where far ends keep idle connections' },
  servicePort: { schema: port, help: 'Where clients connect' },
  host: { schema: v.optional(text), help: 'Address that both bind to' },
  tls: { schema: tls, help: 'Encrypts the relay port' },
  clientTls: { schema: tls, help: 'Encrypts the service port' },
  waitTimeout: {
    schema: v.optional(seconds, WAIT_TIMEOUT),
    help: 'Seconds that a client waits for a far end',
  },
};

/** As everywhere: the documented defaults of these options. */
const DRAIN = v.getDefault(relayingOptions.drain.schema);
const HALF_CLOSE_TIMEOUT = v.getDefault(relayingOptions.halfCloseTimeout.schema) * 1000;
const LIMITS = { allow: [], deny: [], clients: 10_000, waiting: 1000 };

/**
 * Opens a pool, without a broker: each client of the service port is joined with one of the idle
 * connections that far ends (`relay-agent --pool`, `createAgent({ pool, … })`) keep to the relay
 * port. A client that finds none waits, its bytes unread. A connection that dies while it is idle
 * is never given to a client, and 1024 may be idle at one time.
 *
 * @returns the pool, once both ports are open.
 * @throws RelayError `E_BAD_OPTION`; `E_TLS` when a certificate cannot be used; `E_LISTEN` when a
 *   port cannot be opened.
 * @example
 * ```ts
 * const pool = await createPool({ relayPort: 9000, servicePort: 8000 });
 * // …
 * await pool.end();
 * ```
 */
export async function createPool(options: PoolOptions): Promise<Pool> {
  const checked = checkOptions(poolOptions, options);
  const { relayPort, servicePort, host, waitTimeout } = checked;
  const backConnects = checked.tls && toSource('tls', checked.tls);
  const clients = checked.clientTls && toSource('clientTls', checked.clientTls);
  const settings = {
    host,
    clientPort: servicePort,
    backConnectPort: relayPort,
    backConnectFrom: undefined,
    limits: LIMITS,
    pairTimeout: waitTimeout * 1000,
    halfCloseTimeout: HALF_CLOSE_TIMEOUT,
    tls: { backConnects, clients },
  };
  try {
    return poolOf(await openPoolExchange(createPortableDataPlane(), settings, UNOBSERVED));
  } catch (error) {
    throw new RelayError(
      'E_LISTEN',
      `Cannot open a pool on the ports ${relayPort} and ${servicePort}: ${reasonOf(error)}. Choose others (0: the system picks) or another host.`,
      { cause: error },
    );
  }
}

const UNOBSERVED = {
  clientWaiting() {},
  clientPaired() {},
  clientEnded() {},
  clientRefused() {},
  backConnectRefused() {},
};

function poolOf(exchange: Exchange): Pool {
  return {
    relayPort: exchange.backConnectPort,
    servicePort: exchange.clientPort,
    async end({ drain = DRAIN } = {}) {
      await exchange.stop();
      const deadline = setTimeout(() => exchange.cut('drain'), drain * 1000);
      await exchange.finished;
      clearTimeout(deadline);
    },
  };
}

/** Node would trust the authorities in a PKCS #12 file, too. */
function toSource(option: 'tls' | 'clientTls', { ca, ...identity }: PoolTls): TlsSource {
  if (ca !== undefined && identity.pfx !== undefined) {
    throw new RelayError('E_BAD_OPTION', `${option}: ca cannot be given together with pfx`);
  }
  const isWhole = identity.cert !== undefined && identity.key !== undefined;
  if (!isWhole && identity.pfx === undefined) {
    throw new RelayError('E_BAD_OPTION', `${option}: needs cert and key, or pfx`);
  }
  const demand = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true };
  const secured = { ...identity, ...demand, minVersion: 'TLSv1.2' } as const;
  try {
    createSecureContext(secured);
  } catch (error) {
    throw new RelayError(
      'E_TLS',
      `Cannot use the certificate of ${option}: ${reasonOf(error)}. Certificate and key have to be in PEM, or both in PKCS #12.`,
      { cause: error },
    );
  }
  return () => secured;
}
