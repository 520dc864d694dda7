import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';
import { type ConnectionOptions, connect, type SecureVersion, type TLSSocket } from 'node:tls';
import { endByCloseNotify } from '#src/data-plane/portable/close-notify.ts';
import { createAuthority } from './certificates.ts';
import { connectTo } from './tcp.ts';

export const VERSIONS: SecureVersion[] = ['TLSv1.3', 'TLSv1.2'];

/** Made once for all tests of a file. */
export const AUTHORITY = createAuthority();
export const SERVER = AUTHORITY.server();

/**
 * A TLS connection to a port of this machine that keeps both directions apart,
 * checks the certificate against {@link AUTHORITY}, and takes nothing but a close_notify for
 * an end; gone when the test ends.
 */
export async function connectSecurely(
  t: TestContext,
  port: number,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const socket = await connectTo(t, port);
  const secured = connect({ ca: AUTHORITY.cert, host: 'localhost', ...options, socket });
  secured.on('error', () => secured.destroy());
  await once(secured, 'secureConnect');
  endByCloseNotify(secured);
  return secured;
}

/** The client's end of a TLS connection whose encrypted bytes the test sends itself. */
export interface TappedClient {
  secured: TLSSocket;
  /** Carries the encrypted bytes. */
  tcp: Socket;
  /** Holds back what {@link secured} sends from now on. */
  hold(): void;
  /** What was held back. Empty from then on. */
  take(): Buffer;
}

export async function connectTapped(
  t: TestContext,
  port: number,
  options: ConnectionOptions = {},
): Promise<TappedClient> {
  const tcp = await connectTo(t, port, { noDelay: true });
  let held: Buffer[] | undefined;
  const wire = new Duplex({
    allowHalfOpen: true,
    read: () => {},
    write: (chunk: Buffer, _, done) => {
      if (held === undefined) tcp.write(chunk);
      else held.push(chunk);
      done();
    },
    // The end of TLS is a message; that of TCP is the test's to send.
    final: (done) => done(),
  });
  tcp.on('data', (chunk) => wire.push(chunk));
  tcp.on('end', () => wire.push(null));
  const secured = connect({ ca: AUTHORITY.cert, host: 'localhost', ...options, socket: wire });
  secured.on('error', () => {});
  await once(secured, 'secureConnect');
  return {
    secured,
    tcp,
    hold: () => {
      held = [];
    },
    take: () => {
      const bytes = Buffer.concat(held ?? []);
      held = [];
      return bytes;
    },
  };
}
