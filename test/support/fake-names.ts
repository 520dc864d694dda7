import type { Server, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { read, serve } from './tcp.ts';

/** The client port of a relay's names door, on which the test itself answers whoever asks for a name. */
export function fakeNames(
  t: TestContext,
  asked: (name: string, socket: Socket) => void,
): Promise<Server & { port: number; via: string }> {
  return serve(t, async (socket) => {
    socket.write('CLIENT\n');
    asked(await line(socket), socket);
  }).then((server) => Object.assign(server, { via: `127.0.0.1:${server.port}` }));
}

/** The next line, without its line feed; what comes behind it stays to be read. */
export async function line(socket: Socket): Promise<string> {
  let bytes = Buffer.alloc(0);
  while (!bytes.includes('\n')) bytes = Buffer.concat([bytes, await read(socket, 1)]);
  return bytes.toString('utf8', 0, bytes.length - 1);
}
