import { constants } from 'node:crypto';
import type { ConnectionOptions, TlsOptions } from 'node:tls';
import { drawKey } from '../protocol/proof.ts';

/**
 * One version and one cipher suite, which both sides of every link have: what is agreed on beforehand
 * cannot be talked down. It has ephemeral keys besides (RFC 5489), so that a key that leaks
 * later opens nothing of today. Node has such suites for TLS 1.2 only.
 */
const TLS = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
} as const;

/**
 * How members are received by the one that has this key.
 *
 * @param isMember - whether somebody of that name may come
 */
export function receiving(key: string, isMember: (name: string) => boolean): TlsOptions {
  return {
    ...TLS,
    // Whoever resumes a session is not asked for the key.
    secureOptions: constants.SSL_OP_NO_TICKET,
    // Who is a member is nobody else's business: with another name it fails as it does with a wrong key (RFC 4279, 2).
    pskCallback: (_, name) => octetsOf(isMember(name) ? key : drawKey()),
  };
}

/**
 * How the member that has this key is dialled.
 *
 * @param name - of the one who dials
 */
export function dialling(key: string, name: string): ConnectionOptions {
  return {
    ...TLS,
    pskCallback: () => ({ identity: name, psk: octetsOf(key) }),
    // There are no certificates: whoever has the key is the one.
    checkServerIdentity: () => undefined,
  };
}

function octetsOf(key: string): Buffer {
  return Buffer.from(key, 'base64url');
}
