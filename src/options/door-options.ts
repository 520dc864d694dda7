import * as v from 'valibot';
import { domain, port, twoPorts } from './values.ts';

/** The front doors of a broker: none is open that is not asked for. */
export const doorOptions = {
  /** Ports where servers reserve names and where clients ask for them, `<server port>:<client port>`; 0 lets the system pick. Default: none. */
  names: {
    schema: v.optional(twoPorts),
    hint: 'port:port',
    help: 'Ports where servers reserve names and where clients ask for them, such as 8010:9010',
  },
  /** Port for TLS clients of all services that have a name, told apart by SNI; 0 lets the system pick. Default: none. */
  tlsNames: {
    schema: v.optional(port),
    hint: 'port',
    help: 'Port for TLS clients of all named services, by SNI (0: the system picks)',
    needs: ['domain'],
  },
  /** Port for HTTP clients of all services that have a name, told apart by Host; 0 lets the system pick. Default: none. */
  httpNames: {
    schema: v.optional(port),
    hint: 'port',
    help: 'Port for HTTP clients of all named services, by Host (0: the system picks)',
    needs: ['domain'],
  },
  /** Domain of which each named service is the host `<name>.<domain>`. */
  domain: {
    schema: v.optional(domain),
    hint: 'domain',
    help: 'A named service is the host <name>.<domain>',
    needs: ['tlsNames', 'httpNames'],
  },
} as const;
