import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { BACKLOG, HIGH_WATER_MARK } from '../../data-plane/limits.ts';
import { RelayError, reasonOf } from '../../errors.ts';

/** Milliseconds of silence before TCP keepalive asks a peer's system whether it is there. */
const KEEP_ALIVE_DELAY = 10_000;

/** Where those connect who have yet to say what they want. */
export interface Listener {
  at: { host: string; port: number };
  /** Stops listening. Resolves when all that was accepted has closed. */
  close(): Promise<void>;
}

/** Rejects with `E_LISTEN` when the system refuses. */
export async function listen(
  { host, port }: { host: string | undefined; port: number },
  accepted: (socket: Socket) => void,
): Promise<Listener> {
  const listener = createServer(
    {
      allowHalfOpen: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_DELAY,
      noDelay: true,
      // Whoever comes by this door may be relayed later.
      highWaterMark: HIGH_WATER_MARK,
    },
    accepted,
  );
  try {
    listener.listen({ port, host, backlog: BACKLOG });
    await once(listener, 'listening');
  } catch (error) {
    const at = `${host ?? 'any address'}, port ${port}`;
    throw new RelayError(
      'E_LISTEN',
      `Cannot listen on ${at}: ${reasonOf(error)}. Choose another port (0: the system picks) or another --host.`,
      { cause: error },
    );
  }
  listener.on('error', () => {});
  return {
    at: boundTo(listener),
    close: () => new Promise((resolve) => listener.close(() => resolve())),
  };
}

function boundTo(listener: Server): Listener['at'] {
  const bound = listener.address();
  if (bound === null || typeof bound === 'string') throw new Error('not a TCP listener');
  return { host: bound.address, port: bound.port };
}
