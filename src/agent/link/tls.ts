import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type ConnectionOptions, createSecureContext } from 'node:tls';
import { RelayError, reasonOf } from '../../errors.ts';

export interface TlsSettings {
  tls: boolean;
  tlsCa?: string | undefined;
  tlsCert?: string | undefined;
  tlsKey?: string | undefined;
  tlsServername?: string | undefined;
}

/**
 * How to encrypt, with what the files hold at the moment; undefined when that is not asked for.
 *
 * @param host - whom the relay's certificate has to be for, unless another name is given
 * @throws RelayError `E_TLS` when a file cannot be read or used
 */
export async function readTls(
  settings: TlsSettings,
  host: string,
): Promise<ConnectionOptions | undefined> {
  const { tls, tlsCa, tlsCert, tlsKey, tlsServername } = settings;
  if (!tls) return undefined;
  try {
    const [ca, cert, key] = await Promise.all([tlsCa, tlsCert, tlsKey].map(readIfGiven));
    // createSecureContext() takes anything for an authority, and trusts nobody then.
    if (ca !== undefined) new X509Certificate(ca);
    const secureContext = createSecureContext({ ca, cert, key, minVersion: 'TLSv1.2' });
    return { secureContext, servername: tlsServername ?? host };
  } catch (error) {
    const files = [tlsCa, tlsCert, tlsKey].filter((file) => file !== undefined).join(', ');
    throw new RelayError(
      'E_TLS',
      `Cannot use what is in ${files}: ${reasonOf(error)}. Certificates and keys have to be in PEM.`,
      { cause: error },
    );
  }
}

async function readIfGiven(file: string | undefined): Promise<Buffer | undefined> {
  return file === undefined ? undefined : readFile(file);
}
