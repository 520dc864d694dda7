import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';

const DAY = 86_400_000;

/** A certificate with its key, in PEM, as the options of `node:tls` take them. */
export interface Identity {
  cert: string;
  key: string;
}

export interface Authority {
  /** Its own certificate, in PEM. */
  cert: string;
  /** A certificate for `localhost` or another host, and this machine's addresses. */
  server(validity?: Validity, host?: string): Identity;
  /** A certificate for a client of this name. */
  client(name: string, validity?: Validity): Identity;
}

/** `expired` yesterday. */
export type Validity = 'valid' | 'expired';

/** A new certificate authority, trusted by nobody. */
export function createAuthority(name = 'Test CA'): Authority {
  const root = keyPair();
  const issuer = { name, key: root.key };
  const own = sign(issuer, name, root, 'valid', [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ]);
  const issue = (subject: string, validity: Validity, extensions: object[]): Identity => {
    const pair = keyPair();
    const cert = sign(issuer, subject, pair, validity, extensions);
    return { cert: forge.pki.certificateToPem(cert), key: pair.pem };
  };
  return {
    cert: forge.pki.certificateToPem(own),
    server: (validity = 'valid', host = 'localhost') =>
      issue(host, validity, [
        { name: 'extKeyUsage', serverAuth: true },
        { name: 'subjectAltName', altNames: [{ type: 2, value: host }, ...ADDRESSES] },
      ]),
    client: (subject, validity = 'valid') =>
      issue(subject, validity, [{ name: 'extKeyUsage', clientAuth: true }]),
  };
}

/** Of this machine. By RFC 5280, 4.2.1.6, type 7 is an IP address, and type 2 a DNS name. */
const ADDRESSES = [
  { type: 7, ip: '127.0.0.1' },
  { type: 7, ip: '::1' },
];

interface KeyPair {
  key: forge.pki.rsa.PrivateKey;
  pem: string;
}

/** Node is much faster at finding primes. */
function keyPair(): KeyPair {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = String(privateKey.export({ type: 'pkcs1', format: 'pem' }));
  return { key: forge.pki.privateKeyFromPem(pem), pem };
}

/** Its octets must not begin with zeros (X.690, 8.3.2). */
let serial = 0x10000000;

function sign(
  issuer: { name: string; key: forge.pki.rsa.PrivateKey },
  subject: string,
  { key }: KeyPair,
  validity: Validity,
  extensions: object[],
): forge.pki.Certificate {
  const cert = forge.pki.createCertificate();
  serial += 1;
  cert.serialNumber = serial.toString(16);
  cert.publicKey = forge.pki.setRsaPublicKey(key.n, key.e);
  cert.validity.notBefore = new Date(Date.now() - 2 * DAY);
  cert.validity.notAfter = new Date(Date.now() + (validity === 'expired' ? -DAY : DAY));
  cert.setSubject([{ name: 'commonName', value: subject }]);
  cert.setIssuer([{ name: 'commonName', value: issuer.name }]);
  cert.setExtensions(extensions);
  cert.sign(issuer.key, forge.md.sha256.create());
  return cert;
}

/** Certificate and key as PKCS #12. */
export function pfx({ cert, key }: Identity, passphrase: string): Buffer {
  const asn1 = forge.pkcs12.toPkcs12Asn1(
    forge.pki.privateKeyFromPem(key),
    forge.pki.certificateFromPem(cert),
    passphrase,
    // What forge takes by default, triple DES, is on its way out of OpenSSL.
    { algorithm: 'aes256' },
  );
  return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1');
}
