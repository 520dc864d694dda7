import { constants } from 'node:crypto';
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
import { boundOutput } from './bound-output.ts';
import { endByCloseNotify } from './close-notify.ts';
import { reset } from './reset.ts';
import type { Upgrade } from './sockets.ts';
import { transportOf } from './transport.ts';

/**
 * Encrypts a connection that was accepted. Bytes that were read already have to be
 * unshifted, the socket paused and its `data` listeners gone.
 *
 * Resolves when the handshake is done, client certificate included, with a socket that
 * is paused. Rejects when it fails or takes longer than five seconds, when the socket
 * is destroyed meanwhile, and when the certificate cannot be used; then nothing is left open.
 */
export function secure(socket: Socket, source: TlsSource): Promise<TLSSocket> {
  // It would never tell of its end any more.
  if (socket.destroyed) return Promise.reject(handshakeFailed());
  return new Promise((resolve, reject) => {
    const failed = () => {
      clearTimeout(timer);
      reject(handshakeFailed());
    };
    const timer = setTimeout(() => reset(socket), HANDSHAKE_TIMEOUT);
    socket.once('close', failed);
    // Whoever ends in the middle of a handshake is to be gone at once.
    const { allowHalfOpen } = socket;
    socket.allowHalfOpen = false;
    underWay.set(socket, (secured) => {
      clearTimeout(timer);
      secured.allowHalfOpen = allowHalfOpen;
      // Each would cost a server more than its client.
      secured.disableRenegotiation();
      resolve(guarded(secured));
    });
    try {
      serverOf(source()).emit('connection', socket);
    } catch (error) {
      reject(error);
      reset(socket);
    }
  });
}

/** Who is told of the end of a handshake, by the plain socket. */
const underWay = new WeakMap<Socket, (secured: TLSSocket) => void>();

/**
 * Servers that never listen: connections are handed to them, as the documentation of their
 * event `connection` has it, for they are what checks client certificates in Node.
 */
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
 * What has {@link dial} encrypt, where there are options for that. The certificate has to be for
 * their `servername`, which may be an address here, or else for the host that is dialled.
 */
export function overTls(options: ConnectionOptions | undefined): Upgrade | undefined {
  return options && ((socket, host) => secureDialled(socket, host, options));
}

/**
 * Rejects with the error of TLS, when the socket is destroyed meanwhile, and when the options
 * make no sense; the socket is then the caller's to destroy.
 */
function secureDialled(
  socket: Socket,
  host: string,
  options: ConnectionOptions,
): Promise<TLSSocket> {
  const name = options.servername ?? host;
  // Only names may be asked for (RFC 6066, 3).
  const servername = isIP(name) === 0 ? name : '';
  return new Promise((resolve, reject) => {
    const secured = connect({
      minVersion: 'TLSv1.2',
      ...options,
      socket,
      host: name,
      servername,
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    });
    secured.on('error', reject);
    secured.once('close', () => reject(handshakeFailed()));
    secured.once('secureConnect', () => resolve(guarded(secured)));
  });
}

function guarded(secured: TLSSocket): TLSSocket {
  endByCloseNotify(secured);
  boundOutput(secured);
  // Node only reports what TLS finds wrong later, and would take the end behind it for a clean one.
  secured.on('error', () => reset(secured));
  return secured;
}

function handshakeFailed(): Error {
  return failure('ECONNRESET', 'closed during the TLS handshake');
}
