import { createServer, type Server, type Socket } from 'node:net';
import { descriptorOf } from '../../data-plane/handle.ts';
import { HIGH_WATER_MARK } from '../../data-plane/limits.ts';
import { beginListening, type ListenAt } from '../../data-plane/portable/sockets.ts';
import { RelayError, reasonOf } from '../../errors.ts';
import type { Entrance } from '../entrance.ts';
import type { ListenerRole } from '../inheritance.ts';

/** Milliseconds of silence before TCP keepalive asks a peer's system whether it is there. */
const KEEP_ALIVE_DELAY = 10_000;

/** Where those connect who have yet to say what they want. */
export class Listener implements Entrance {
  readonly role: ListenerRole;
  readonly at: { host: string; port: number };
  readonly #accepted: (socket: Socket) => void;
  #server: Server;
  #isClosed = false;
  /** Of what it has accepted so far: resolved when all that has closed. */
  readonly #ends: Promise<void>[] = [];

  private constructor(role: ListenerRole, server: Server, accepted: (socket: Socket) => void) {
    this.role = role;
    this.#server = server;
    this.at = boundTo(server);
    this.#accepted = accepted;
  }

  /** Rejects with `E_LISTEN` when the system refuses. */
  static async open(
    role: ListenerRole,
    at: ListenAt,
    accepted: (socket: Socket) => void,
  ): Promise<Listener> {
    return new Listener(role, await serverAt(at, accepted), accepted);
  }

  get port(): number {
    return this.at.port;
  }

  get descriptor(): number | undefined {
    return descriptorOf(this.#server);
  }

  async shut(): Promise<void> {
    if (!this.#server.listening) return;
    const server = this.#server;
    this.#ends.push(new Promise((resolve) => server.close(() => resolve())));
  }

  async reopen(descriptor: number): Promise<void> {
    this.#server = await serverAt({ descriptor }, this.#accepted);
    if (this.#isClosed) await this.shut();
  }

  /** Stops listening. Resolves when all that was accepted has closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.shut();
    await Promise.all(this.#ends);
  }
}

async function serverAt(at: ListenAt, accepted: (socket: Socket) => void): Promise<Server> {
  const server = createServer(
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
    await beginListening(server, at);
  } catch (error) {
    throw notListening(at, error);
  }
  server.on('error', () => {});
  return server;
}

function notListening(at: ListenAt, cause: unknown): RelayError {
  const [where, advice] =
    'descriptor' in at
      ? [`the inherited descriptor ${at.descriptor}`, 'Give that of a TCP listener.']
      : [
          `${at.host ?? 'any address'}, port ${at.port}`,
          'Choose another port (0: the system picks) or another --host.',
        ];
  return new RelayError('E_LISTEN', `Cannot listen on ${where}: ${reasonOf(cause)}. ${advice}`, {
    cause,
  });
}

function boundTo(listener: Server): Listener['at'] {
  const bound = listener.address();
  if (bound === null || typeof bound === 'string') throw new Error('not a TCP listener');
  return { host: bound.address, port: bound.port };
}
