import { once } from 'node:events';
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import type { Endpoint } from '../data-plane.ts';
import { failure } from '../failure.ts';
import { ATTEMPT_TIMEOUT, BACKLOG, DIAL_TIMEOUT, KEEP_ALIVE_SECONDS } from '../limits.ts';
import { confirmEnd } from './confirm-end.ts';

/** Bytes one socket may hold in user space each way; one read of libuv's is as large. */
const HIGH_WATER_MARK = 64 * 1024;

const STREAM = {
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEP_ALIVE_SECONDS * 1000,
  highWaterMark: HIGH_WATER_MARK,
};

/** Listens for connections, which arrive paused: their bytes stay in the kernel until somebody reads. */
export async function listen(
  at: { host: string | undefined; port: number },
  onConnection: (socket: Socket) => void,
): Promise<Server> {
  const server = createServer({ ...STREAM, pauseOnConnect: true }, (socket) => {
    socket.on('error', ignore);
    confirmEnd(socket);
    onConnection(socket);
  });
  server.listen({ port: at.port, host: at.host, backlog: BACKLOG });
  await once(server, 'listening');
  // Accept errors other than EMFILE (ECONNABORTED, …) concern one connection, never the listener.
  server.on('error', ignore);
  return server;
}

/** A connection being made. */
export interface Dial {
  /** Rejects with the system's error, `ETIMEDOUT` after ten seconds, or `ABORT_ERR`; then nothing is left open. */
  readonly connected: Promise<Socket>;
  /** Gives it up. */
  abort(): void;
}

export function dial(endpoint: Endpoint, allowHalfOpen = true): Dial {
  const options: ConnectOptions = {
    ...STREAM,
    ...endpoint,
    allowHalfOpen,
    // Node's own 250 ms are less than a distant relay needs.
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT,
  };
  const socket = connect(options);
  confirmEnd(socket);
  const connected = new Promise<Socket>((resolve, reject) => {
    const failed = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    const timer = setTimeout(
      () => socket.destroy(failure('ETIMEDOUT', 'no answer in time')),
      DIAL_TIMEOUT,
    );
    socket.once('error', failed);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.on('error', ignore).off('error', failed);
      resolve(socket);
    });
  });
  return { connected, abort: () => socket.destroy(failure('ABORT_ERR', 'given up')) };
}

/** Resolves when a connection is there or has failed. */
export function settled(connected: Promise<unknown>): Promise<void> {
  return connected.then(ignore, ignore);
}

type ConnectOptions = NetConnectOpts & {
  highWaterMark: number;
  autoSelectFamilyAttemptTimeout: number;
};

export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP listener');
  return address.port;
}

/** Whoever uses the socket adds a listener that acts; this one keeps an error from being unhandled before that. */
function ignore(): void {}
