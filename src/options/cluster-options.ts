import * as v from 'valibot';
import { natsServers, port, text, textThat } from './values.ts';

const CLUSTER_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** How a broker becomes a member of a fleet, whose names and leases are kept in NATS JetStream. */
export const clusterOptions = {
  /** The NATS servers that the fleet's names and leases are kept in, `nats://` or `tls://<host>[:<port>]` each, with commas. Default: none, this broker is alone. */
  cluster: {
    schema: v.optional(natsServers),
    hint: 'nats://host:port',
    list: true,
    help: 'Be one of a fleet, whose names and leases are in these NATS servers (JetStream); may be given several times',
    needs: ['advertise'],
    excludes: ['state', 'takeover'],
  },
  /** What the fleet is called: brokers that give the same name are one. Default `relay`. */
  clusterName: {
    schema: v.optional(
      textThat(
        (name) => CLUSTER_NAME.test(name),
        'up to 64 of A-Z, a-z, 0-9, _ and -',
        CLUSTER_NAME,
      ),
      'relay',
    ),
    hint: 'name',
    help: 'Name of the fleet: brokers with the same one belong together',
    needs: ['cluster'],
  },
  /** Port at which the other brokers of the fleet dial this one. Default 0, the system picks. */
  clusterPort: {
    schema: v.optional(port, 0),
    hint: 'port',
    help: 'Port for the other brokers of the fleet (default: the system picks)',
    needs: ['cluster'],
  },
  /** NATS credentials file (JWT and nkey seed), as `nsc` makes it. Default: none. */
  clusterCredentials: {
    schema: v.optional(text),
    hint: 'file',
    help: 'Credentials file for NATS (.creds)',
    needs: ['cluster'],
    excludes: ['clusterNkey'],
  },
  /** File of the nkey seed that NATS knows this broker by. Default: none. */
  clusterNkey: {
    schema: v.optional(text),
    hint: 'file',
    help: 'File of the nkey seed for NATS',
    needs: ['cluster'],
  },
  /** File of the authorities, in PEM, that the certificates of the NATS servers are checked against; turns TLS on. Default: those of Node, where NATS takes TLS. */
  clusterCa: {
    schema: v.optional(text),
    hint: 'file',
    help: "Authorities of the NATS servers' certificates, in PEM: NATS is spoken over TLS",
    needs: ['cluster'],
  },
  /** File of the certificate that is shown to NATS, in PEM. Default: none. */
  clusterCert: {
    schema: v.optional(text),
    hint: 'file',
    help: 'Certificate to show to NATS, in PEM',
    needs: ['cluster'],
  },
  /** File of its private key, in PEM. */
  clusterKey: {
    schema: v.optional(text),
    hint: 'file',
    help: 'Private key of the certificate for NATS, in PEM',
    needs: ['clusterCert'],
  },
} as const;
