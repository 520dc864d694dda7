import { on, once } from 'node:events';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { createServer, type TlsOptions } from 'node:tls';
import { endByCloseNotify } from '#src/data-plane/portable/close-notify.ts';
import { atTheDoor } from './at-the-door.ts';
import { serve } from './tcp.ts';

/** A relay or a target of the test's own. */
export interface Station {
  host: string;
  port: number;
  /** Whoever comes next. */
  next(): Promise<Socket>;
}

export async function station(
  t: TestContext,
  onConnection: (socket: Socket) => void = () => {},
): Promise<Station> {
  const server = await serve(t, onConnection);
  const arrivals = on(server, 'connection');
  const next = async () => (await arrivals.next()).value[0];
  return { host: '127.0.0.1', port: server.port, next };
}

/** A station that is dialled over TLS. */
export async function tlsStation(t: TestContext, options: TlsOptions): Promise<Station> {
  const server = createServer({ ...options, allowHalfOpen: true });
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  server.on('secureConnection', (socket) => {
    socket.on('error', () => {});
    // Or Node would lose the close_notify behind its tickets.
    endByCloseNotify(socket);
  });
  const arrivals = on(server, 'secureConnection');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as { port: number };
  const next = async () => (await arrivals.next()).value[0];
  return { host: '127.0.0.1', port, next };
}

/**
 * Where nobody listens: nor does the system give this port to somebody else meanwhile, for a connection of it
 * is still open.
 */
export async function nowhere(t: TestContext): Promise<{ host: string; port: number }> {
  const { far } = await atTheDoor(t);
  return { host: '127.0.0.1', port: far.remotePort ?? 0 };
}
