import { RelayError, reasonOf } from '../../errors.ts';
import type { NatsSettings } from './connection-options.ts';

/** What can be wrong with NATS, for operators. */

/** What to do about what NATS says, by its own words. */
const ADVICE: [words: RegExp, advice: string][] = [
  [
    /authorization|authentication/i,
    'Give it credentials that NATS knows, with --cluster-credentials or --cluster-nkey.',
  ],
  // All that its client says where NATS asks for a certificate, gets none, and hangs up.
  [
    /^timeout$/i,
    'Look at whether NATS runs there. If it asks for certificates, give this relay one (--cluster-cert).',
  ],
  [/permissions violation/i, 'Give its user the rights that docs/operations.md lists.'],
  [/not enabled/i, 'Turn JetStream on there, and for the account of this relay.'],
  [/max_payload/, 'Have NATS take messages of 64 KiB at least (max_payload).'],
  [
    /insufficient|exceeded|no space/i,
    'Give its JetStream more room: see max_file_store, the limits of the account, and the disk.',
  ],
];

const LOOK =
  'Look at whether NATS runs there, with JetStream, and has as many servers as it is to have.';

export function adviceOn(reason: string): string {
  return ADVICE.find(([words]) => words.test(reason))?.[1] ?? LOOK;
}

export function isRefusal(error: unknown): boolean {
  return error instanceof Error && /Authorization|Authentication/.test(error.name);
}

/** What is wrong with a certificate, by OpenSSL or Node; or that NATS takes no TLS, which its client says in words alone. */
export function isTlsFault(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return /CERT|SIGNATURE|^ERR_(TLS|SSL)/.test(code ?? '') || /not support 'tls'/.test(message);
}

export function notOverTls({ cluster }: NatsSettings, cause: unknown): RelayError {
  return new RelayError(
    'E_DIRECTORY',
    `Cannot speak to ${cluster} over TLS: ${reasonOf(cause)}. Look at what NATS is set to (tls), and give the authorities of its certificates with --cluster-ca.`,
    { cause },
  );
}

export function refused(cause: unknown): RelayError {
  const reason = reasonOf(cause);
  return new RelayError(
    'E_DIRECTORY',
    `NATS does not let this relay in: ${reason}. ${adviceOn(reason)}`,
    { cause },
  );
}

export function unreachable({ cluster }: NatsSettings, cause: unknown): RelayError {
  const reason = reasonOf(cause);
  return new RelayError(
    'E_DIRECTORY',
    `Cannot keep the fleet’s names at ${cluster}: ${reason}. ${adviceOn(reason)}`,
    { cause },
  );
}

/** @param why - it is set so that a fleet's names cannot be kept there */
export function unfit(stream: string, why: string): RelayError {
  return new RelayError(
    'E_DIRECTORY',
    `The fleet’s names cannot be kept in ${stream}, as NATS has it: ${why}. Delete it (nats stream rm ${stream}), and the relays make it as it is to be, or give another --cluster-name.`,
  );
}
