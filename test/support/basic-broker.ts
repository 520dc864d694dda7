import type { Server, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { serve } from './tcp.ts';

/** A broker that knows only the basic protocol: it turns away who says hello, and takes the next for a registrant. */
export function basicBroker(
  t: TestContext,
  onRegistered: (socket: Socket) => void,
): Promise<Server & { port: number }> {
  let isNext = false;
  return serve(t, (socket) => {
    if (isNext) onRegistered(socket);
    else socket.once('data', () => socket.end('[ERROR] {"code":"hello-unknown","message":"no"}\n'));
    isNext = !isNext;
  });
}
