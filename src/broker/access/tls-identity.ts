import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext, type TlsOptions } from 'node:tls';
import { RelayError, reasonOf } from '../../errors.ts';

/** The options that name the files. Which of them go together is checked with the options. */
export const TLS_FILES = [
  'tlsCert',
  'tlsKey',
  'tlsPfx',
  'tlsPassphraseFile',
  'tlsClientCa',
] as const;

/** Something for each of the files that there are. */
export type TlsFiles<T> = { [file in (typeof TLS_FILES)[number]]?: T | undefined };

/** How the broker shows itself, and whom it asks for a certificate. */
export interface TlsIdentity {
  /** On control connections and back-connects. */
  agents: TlsOptions;
  /** On public ports, where nobody needs a certificate. */
  clients: TlsOptions;
}

/**
 * What the contents of the files are good for. Throws a RelayError `E_TLS` that names the file at fault
 * and tells no secret.
 *
 * Node itself takes much without a word: an empty certificate, with which every handshake fails, and
 * authorities of which one is damaged, where it leaves out those behind.
 */
export function toIdentity(names: TlsFiles<string>, contents: TlsFiles<Buffer>): TlsIdentity {
  const { tlsCert, tlsKey, tlsPfx, tlsPassphraseFile, tlsClientCa } = contents;
  const passphrase = tlsPassphraseFile?.toString().split(/\r?\n/)[0];
  const unusable = (file: keyof TlsFiles<string>, reason: string) =>
    new RelayError('E_TLS', `Cannot use the file of ${file}, ${names[file]}: ${reason}.`);

  if (tlsCert !== undefined && tlsKey !== undefined) {
    const cert = attempt(() => new X509Certificate(tlsCert));
    if (cert === undefined) throw unusable('tlsCert', 'expected a certificate in PEM');
    const key = attempt(() => createPrivateKey({ key: tlsKey, passphrase }));
    if (key === undefined) throw unusable('tlsKey', `expected a private key in PEM${OPENED}`);
    if (!cert.checkPrivateKey(key)) {
      throw unusable('tlsKey', `expected the key of the certificate in ${names.tlsCert}`);
    }
  }
  if (tlsClientCa !== undefined && !holdsCertificates(tlsClientCa)) {
    throw unusable('tlsClientCa', 'expected the certificates of authorities in PEM');
  }
  const clients: TlsOptions = {
    cert: tlsCert,
    key: tlsKey,
    pfx: tlsPfx,
    passphrase,
    minVersion: 'TLSv1.2',
  };
  try {
    createSecureContext(clients);
  } catch (error) {
    const [file, expected] =
      tlsPfx === undefined
        ? (['tlsCert', 'a certificate that OpenSSL takes'] as const)
        : (['tlsPfx', `a certificate with its key in PKCS #12${OPENED}`] as const);
    throw unusable(file, `expected ${expected} (${reasonOf(error)})`);
  }
  if (tlsClientCa === undefined) return { clients, agents: clients };
  // Not the same object, hence not the same context: a session of a public port must not be resumed here.
  const demand = { ca: tlsClientCa, requestCert: true, rejectUnauthorized: true };
  return { clients, agents: { ...clients, ...demand } };
}

const OPENED = ' that needs no passphrase or the one in the file of tlsPassphraseFile';

const PEM = /-----BEGIN CERTIFICATE-----.*?(?:-----END CERTIFICATE-----|$)/gs;

/** Whether there is one, and none is damaged. */
function holdsCertificates(bundle: Buffer): boolean {
  const blocks = String(bundle).match(PEM) ?? [];
  const read = blocks.map((block) => attempt(() => new X509Certificate(block)));
  return read.length > 0 && !read.includes(undefined);
}

/** OpenSSL's errors say neither which file is meant nor what was expected there. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
