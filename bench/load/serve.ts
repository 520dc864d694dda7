import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** Fits a core's second-level cache, where the relay's own buffers also want to be. */
const CHUNK = Buffer.alloc(256 * 1024);

/** The target service: `echo` returns what it gets, `source` writes as fast as it may. */
export async function serve({ service }: { service: 'echo' | 'source' }): Promise<number> {
  const serveOne = service === 'echo' ? echo : source;
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    serveOne(socket);
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function echo(socket: Socket): void {
  socket.on('data', (bytes) => socket.write(bytes));
}

function source(socket: Socket): void {
  const push = () => {
    while (socket.write(CHUNK));
  };
  socket.on('drain', push);
  push();
}
