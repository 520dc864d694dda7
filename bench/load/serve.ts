import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { flood } from './flood.ts';
import { count } from './received.ts';

/** What a client asks the target for with its first byte; with any other, for an echo. */
export const SOURCE = 's';
export const BOTH_WAYS = 'b';

/** Starts the target service and returns its port. */
export async function serve(_: Record<string, never>): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', (first) => {
      const wish = first.toString('latin1', 0, 1);
      if (wish === SOURCE) flood(socket);
      else if (wish === BOTH_WAYS) floodAndCount(socket);
      else echo(socket, first);
    });
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function floodAndCount(socket: Socket): void {
  socket.on('data', (bytes) => count(bytes.length));
  flood(socket);
}

function echo(socket: Socket, first: Buffer): void {
  socket.write(first);
  socket.on('data', (bytes) => socket.write(bytes));
}
