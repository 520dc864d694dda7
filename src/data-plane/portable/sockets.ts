import { once } from 'node:events';
import { closeSync, fstatSync } from 'node:fs';
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import type { Endpoint } from '../data-plane.ts';
import { failure } from '../failure.ts';
import { descriptorOf } from '../handle.ts';
import {
  ATTEMPT_TIMEOUT,
  BACKLOG,
  DIAL_TIMEOUT,
  HIGH_WATER_MARK,
  KEEP_ALIVE_SECONDS,
} from '../limits.ts';
import { confirmEnd } from './confirm-end.ts';
import { reset } from './reset.ts';

const STREAM = {
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEP_ALIVE_SECONDS * 1000,
  highWaterMark: HIGH_WATER_MARK,
};

/** Where to listen: on a port, or on a listener that exists already, which is whose it is given to from then on. */
export type ListenAt = { host: string | undefined; port: number } | { descriptor: number };

export interface Listener {
  readonly port: number;
  /** See {@link descriptorOf}. */
  readonly descriptor: number | undefined;
  /** Lets nobody in any more. Connections that were handed out stay. */
  close(): void;
}

/** Listens for connections, which arrive paused: their bytes stay in the kernel until somebody reads. */
export async function listen(
  at: ListenAt,
  onConnection: (socket: Socket) => void,
): Promise<Listener> {
  const server = createServer({ ...STREAM, pauseOnConnect: true }, (socket) => {
    socket.on('error', ignore);
    confirmEnd(socket);
    onConnection(socket);
  });
  await beginListening(server, at);
  // Accept errors other than EMFILE (ECONNABORTED, …) concern one connection, never the listener.
  server.on('error', ignore);
  return {
    port: portOf(server),
    get descriptor() {
      return descriptorOf(server);
    },
    close: () => server.close(),
  };
}

/** Rejects with the system's error. */
export async function beginListening(server: Server, at: ListenAt): Promise<void> {
  if ('descriptor' in at) server.listen({ fd: checkedSocket(at.descriptor), backlog: BACKLOG });
  else server.listen({ port: at.port, host: at.host, backlog: BACKLOG });
  await once(server, 'listening');
}

/** Node takes no other descriptor, and leaves that open. */
function checkedSocket(descriptor: number): number {
  if (fstatSync(descriptor).isSocket()) return descriptor;
  closeSync(descriptor);
  throw failure('ENOTSOCK', 'this descriptor is no socket');
}

/** A connection being made. */
export interface Dial<S = Socket> {
  /**
   * Rejects with the system's error, that of TLS, `ETIMEDOUT` after ten seconds or when
   * patience is over, or `ABORT_ERR`; then nothing is left open.
   */
  readonly connected: Promise<S>;
  /** Gives it up, or resets what is connected. */
  abort(): void;
}

/** Makes of a connection what it is to be, before anybody has read of it. */
export type Upgrade = (socket: Socket, host: string) => Promise<Socket>;

/**
 * @param upgrade - such as {@link overTls}
 * @param patience - milliseconds, if it is to be less than usual
 */
export function dial(
  endpoint: Endpoint,
  allowHalfOpen = true,
  upgrade?: Upgrade,
  patience = DIAL_TIMEOUT,
): Dial {
  const options: ConnectOptions = {
    ...STREAM,
    ...endpoint,
    allowHalfOpen,
    // Node's own 250 ms are less than a distant relay needs.
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT,
  };
  const socket = connect(options);
  confirmEnd(socket);
  let abort = () => {
    socket.destroy(failure('ABORT_ERR', 'given up'));
  };
  const connected = new Promise<Socket>((resolve, reject) => {
    const failed = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    const ready = (connection: Socket) => {
      clearTimeout(timer);
      abort = () => reset(connection);
      resolve(connection);
    };
    const timer = setTimeout(
      () => socket.destroy(failure('ETIMEDOUT', 'no answer in time')),
      Math.min(patience, DIAL_TIMEOUT),
    );
    // This one stays, and keeps later errors from being unhandled.
    socket.on('error', failed);
    socket.once('close', () => failed(failure('ECONNRESET', 'closed while it was being made')));
    socket.once('connect', () => {
      if (upgrade === undefined) return ready(socket);
      const host = 'host' in endpoint ? endpoint.host : '';
      upgrade(socket, host).then(ready, (error) => {
        failed(error);
        socket.destroy();
      });
    });
  });
  return { connected, abort: () => abort() };
}

/** Bytes that somebody has read from a socket: those that lie in it are yet to be read. */
export function bytesTaken(socket: Pick<Socket, 'bytesRead' | 'readableLength'>): number {
  return socket.bytesRead - socket.readableLength;
}

/** Resolves when a connection is there or has failed. */
export function settled(connected: Promise<unknown>): Promise<void> {
  return connected.then(ignore, ignore);
}

type ConnectOptions = NetConnectOpts & {
  highWaterMark: number;
  autoSelectFamilyAttemptTimeout: number;
};

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP listener');
  return address.port;
}

/** Whoever uses the socket adds a listener that acts; this one keeps an error from being unhandled before that. */
function ignore(): void {}
