import * as v from 'valibot';
import { domain, flag, port, portPairs, twoPorts } from './values.ts';

/** The front doors of a broker: none is open that is not asked for. */
export const doorOptions = {
  /** Port for registrants that say nothing and are told their client port at once; 0 lets the system pick. Default: none. */
  announcePort: {
    schema: v.optional(port),
    hint: 'port',
    help: 'Port for registrants of the announce protocol (0: the system picks)',
  },
  /** Whether these get random client ports rather than the next free ones. Default false. */
  announceRandom: {
    schema: v.optional(flag, false),
    help: 'Give those registrants random client ports (default: the next ones that are free)',
    needs: ['announcePort'],
  },
  /** Pools, `<relay port>:<service port>` each, with commas between them; 0 lets the system pick. Default: none. */
  pool: {
    schema: v.optional(portPairs),
    hint: 'relay port:service port',
    help: 'Join clients of the service port with idle connections to the relay port; may be given several times',
    list: true,
  },
  /** Whether the relay ports of pools take TLS, with client certificates if `tlsClientCa` demands them. Default false. */
  poolTls: {
    schema: v.optional(flag, false),
    help: "The far ends of pools speak TLS, with the broker's certificate",
    needs: ['pool'],
  },
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
