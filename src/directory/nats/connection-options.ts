import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { checkServerIdentity, createSecureContext, type PeerCertificate } from 'node:tls';
import type { Authenticator, NodeConnectionOptions, TlsOptions } from '@nats-io/transport-node';
import { RelayError, reasonOf } from '../../errors.ts';
import type { BrokerSettings } from '../../options/broker-options.ts';
import { parseList } from '../../options/values.ts';

/** Where NATS is, and how this process proves to it who it is. */
export type NatsSettings = Pick<BrokerSettings, 'cluster' | 'clusterName'> & FileSettings;

type FileSettings = Partial<
  Pick<
    BrokerSettings,
    'clusterCredentials' | 'clusterNkey' | 'clusterCa' | 'clusterCert' | 'clusterKey'
  >
>;

/**
 * Milliseconds between two signs of life of a connection, of which two may be missing: a server that hangs is left
 * before a tenure that began just then has ended.
 */
const PING = 600;

/** Milliseconds in which a server is connected to, or the next one is tried. */
const DIALLING = 2000;

/** Milliseconds between two tries at the same server. */
const BETWEEN = 250;

/** An nkey seed of a user: `nk -gen user` writes it in a line of its own. */
const SEED = /^\s*(SU[A-Z2-7]{56})\s*$/m;

/** Makes an authenticator of a file's content; throws for content of a wrong form. */
type MakeAuthenticator = (content: Buffer) => Authenticator;

/**
 * How NATS is connected to, for as long as it takes.
 *
 * @throws RelayError `E_DIRECTORY` for files that cannot be read, or hold something else
 */
export async function connectionOptions(settings: NatsSettings): Promise<NodeConnectionOptions> {
  const servers = parseList(settings.cluster ?? '');
  const tls = tlsOptions(settings, servers);
  const authenticator = await makeAuthenticator(settings);
  return {
    servers,
    ...(tls && { tls }),
    ...(authenticator && { authenticator }),
    name: 'relay-broker',
    timeout: DIALLING,
    pingInterval: PING,
    maxReconnectAttempts: -1,
    reconnectTimeWait: BETWEEN,
    // An operator may mend what NATS knows of this process, which goes on as long as it can.
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
  };
}

function tlsOptions(settings: FileSettings, servers: string[]): TlsOptions | undefined {
  const [ca, cert, key] = [
    read(settings.clusterCa, 'Give the authorities of the NATS servers’ certificates, in PEM.'),
    read(settings.clusterCert, 'Give the certificate to show to NATS, in PEM.'),
    read(settings.clusterKey, 'Give the private key of the certificate for NATS, in PEM.'),
  ].map((content) => content?.toString());
  const options = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  try {
    createSecureContext(options);
  } catch (cause) {
    throw new RelayError(
      'E_DIRECTORY',
      `The certificates for NATS are not to be used: ${reasonOf(cause)}. Give PEM files, and a key that belongs to its certificate.`,
      { cause },
    );
  }
  const isWanted = servers.some((server) => server.startsWith('tls:'));
  if (!isWanted && Object.keys(options).length === 0) return undefined;
  return { ...options, ...identityOf(servers) };
}

/**
 * NATS's client does not tell TLS the address of a server that has no name, which then takes that for `localhost`. Such
 * a one has to have a certificate for one of the addresses that were given.
 */
function identityOf(servers: string[]) {
  const hosts = servers.map((server) => new URL(server).hostname.replace(/^\[|\]$/g, ''));
  const addresses = hosts.filter((host) => isIP(host) > 0);
  if (addresses.length === 0 || hosts.includes('localhost')) return {};
  return {
    checkServerIdentity(name: string, certificate: PeerCertificate): Error | undefined {
      if (name !== 'localhost') return checkServerIdentity(name, certificate);
      const faults = addresses.map((address) => checkServerIdentity(address, certificate));
      return faults.includes(undefined) ? undefined : faults[0];
    },
  };
}

async function makeAuthenticator(settings: FileSettings): Promise<Authenticator | undefined> {
  const { clusterCredentials, clusterNkey } = settings;
  const { credsAuthenticator, nkeyAuthenticator, nkeys } = await import('@nats-io/transport-node');
  if (clusterCredentials !== undefined) {
    const advice = 'Give a .creds file with a JWT and a seed, as nsc makes it.';
    return fromFile(clusterCredentials, advice, (content) => {
      const authenticator = credsAuthenticator(content);
      authenticator('nonce');
      return authenticator;
    });
  }
  if (clusterNkey === undefined) return undefined;
  return fromFile(clusterNkey, 'Give a file with the nkey seed of a user (SU…).', (content) => {
    const seed = Buffer.from(SEED.exec(content.toString())?.[1] ?? '');
    nkeys.fromSeed(seed);
    return nkeyAuthenticator(seed);
  });
}

/** What is in the file each time that NATS is connected to, as credentials expire; or was, where it cannot be read. */
function fromFile(file: string, advice: string, make: MakeAuthenticator): Authenticator {
  const parse = (content: Buffer) => {
    try {
      return make(content);
    } catch (cause) {
      throw new RelayError('E_DIRECTORY', `${file} is not what NATS is to be shown. ${advice}`, {
        cause,
      });
    }
  };
  let last = parse(read(file, advice) ?? Buffer.alloc(0));
  return (nonce) => {
    try {
      last = parse(readFileSync(file));
    } catch {
      // Somebody is about to write it.
    }
    return last(nonce);
  };
}

function read(file: string | undefined, advice: string): Buffer | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new RelayError('E_DIRECTORY', `Cannot read ${file}: ${reasonOf(cause)}. ${advice}`, {
      cause,
    });
  }
}
