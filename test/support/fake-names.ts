import type { Server, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { readLine } from './names-peers.ts';
import { serve } from './tcp.ts';

/** The client port of a relay's names door, on which the test itself answers whoever asks for a name. */
export function fakeNames(
  t: TestContext,
  asked: (name: string, socket: Socket) => void,
): Promise<Server & { port: number; via: string }> {
  return serve(t, async (socket) => {
    socket.write('CLIENT\n');
    asked(await readLine(socket), socket);
  }).then((server) => Object.assign(server, { via: `127.0.0.1:${server.port}` }));
}
