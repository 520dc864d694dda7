import { RelayError } from '../../errors.ts';
import { escaped } from '../../protocol/printable.ts';

/** OpenSSL's names for what can be wrong with a certificate (X509_V_ERR_…), as Node passes them on, and Node's own. */
const DISTRUST =
  /^(UNABLE_TO_|CERT_|CRL_|ERROR_IN_C|DEPTH_ZERO_|SELF_SIGNED_|INVALID_|HOSTNAME_MISMATCH|PATH_LENGTH_|ERR_TLS_CERT_)/;

/** Whether a connection failed since the peer's certificate could not be verified. */
export function isDistrust(error: unknown): boolean {
  return DISTRUST.test((error as NodeJS.ErrnoException).code ?? '');
}

export function untrustedCertificate(name: string, reason: string, cause: unknown): RelayError {
  return new RelayError(
    'E_BROKER_UNTRUSTED',
    `The certificate of the relay at ${name} cannot be trusted: ${escaped(reason)}. If it is the right one, name its authority (--tls-ca) or the host that it is for (--tls-servername).`,
    { cause },
  );
}

export function untrustedProof(name: string): RelayError {
  return new RelayError(
    'E_BROKER_UNTRUSTED',
    `The relay at ${name} cannot be trusted: it does not prove that it has this token. Check host and port, and that the relay's tokens file holds the token.`,
  );
}
