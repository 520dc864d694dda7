import { isIP, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  connect,
  createServer,
  type Server,
  type TLSSocket,
  type TlsOptions,
} from 'node:tls';
import type { TlsSource } from '../data-plane.ts';
import { failure } from '../failure.ts';
import { HANDSHAKE_TIMEOUT } from '../limits.ts';
import { transportOf } from './transport.ts';

/** What waits for the end of a handshake, by the plain socket. */
const underWay = new WeakMap<Socket, (secured: TLSSocket) => void>();

/**
 * Encrypts a connection that was accepted. Bytes that were read already have to be
 * unshifted, the socket paused and its `data` listeners gone.
 *
 * Resolves when the handshake is done, client certificate included, with a socket that
 * is paused. Rejects when it fails or takes longer than five seconds, when the socket
 * is destroyed meanwhile, and when the certificate cannot be used; then nothing is left open.
 */
export function secure(socket: Socket, source: TlsSource): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const failed = () => {
      clearTimeout(timer);
      reject(failure('ECONNRESET', 'the TLS handshake failed'));
    };
    const timer = setTimeout(() => socket.destroy(), HANDSHAKE_TIMEOUT);
    socket.once('close', failed);
    underWay.set(socket, (secured) => {
      clearTimeout(timer);
      socket.off('close', failed);
      secured.on('error', ignore);
      resolve(secured);
    });
    try {
      serverOf(source()).emit('connection', socket);
    } catch (error) {
      reject(error);
      socket.destroy();
    }
  });
}

/** Servers that never listen: they only shake hands. */
const servers = new WeakMap<TlsOptions, Server>();

function serverOf(options: TlsOptions): Server {
  const known = servers.get(options);
  if (known !== undefined) return known;
  const server = createServer({ minVersion: 'TLSv1.2', ...options, pauseOnConnect: true });
  server.on('secureConnection', (secured) => underWay.get(transportOf(secured))?.(secured));
  servers.set(options, server);
  return server;
}

/**
 * Encrypts a connection that was dialled, and checks the certificate for the
 * `servername` of the options, which may be an address here, or else for this host.
 */
export function secureDialled(socket: Socket, host: string, options: ConnectionOptions): TLSSocket {
  const name = options.servername ?? host;
  // Only names may be asked for (RFC 6066, 3).
  const servername = isIP(name) === 0 ? name : '';
  return connect({ minVersion: 'TLSv1.2', ...options, socket, host: name, servername });
}

function ignore(): void {}
