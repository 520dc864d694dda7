import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { descriptorOf } from '../../data-plane/handle.ts';
import { abstractName } from '../abstract-name.ts';
import type { Channel } from './channel.ts';

/** Where the process of a broker can be met, and asked for its place. */
export interface Place {
  /** As its options have it. */
  host: string | undefined;
  /** Its control port. */
  port: number;
}

/** Abstract sockets know no permissions: both ends look who the other one is. */
function nameOf({ host = '', port }: Place): string {
  const at = createHash('sha256').update(host).digest('base64url');
  return abstractName(`relay-broker-takeover-${port}-${at}`);
}

/**
 * Waits there for whoever connects, without keeping the process alive. Rejects with the system's error,
 * `EADDRINUSE` when somebody else does.
 */
export async function waitAt(place: Place, met: (channel: Channel) => void): Promise<Server> {
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => {});
    // Whoever cannot load it, or has no descriptor left, cannot hand anything over.
    channelOn(socket).then(met, () => socket.destroy());
  });
  server.unref().listen({ path: nameOf(place) });
  await once(server, 'listening');
  server.on('error', () => {});
  return server;
}

/** Rejects with the system's error, `ECONNREFUSED` when nobody is there. */
export async function meetAt(place: Place): Promise<Channel> {
  const socket = connect({ path: nameOf(place) });
  socket.pause();
  await once(socket, 'connect');
  socket.on('error', () => {});
  return channelOn(socket);
}

/** Loaded only where it is wanted, since it needs an optional package. */
async function channelOn(socket: Socket): Promise<Channel> {
  const [{ Channel }, { duplicate }] = await Promise.all([
    import('./channel.ts'),
    import('./unix-calls.ts'),
  ]);
  const channel = new Channel(duplicate(descriptorOf(socket) ?? -1));
  socket.destroy();
  return channel;
}

/** Abstract names are anybody's to take, so only a process of the same user, or the system's, is listened to. */
export function isTrusted({ peer }: Channel): boolean {
  return peer !== undefined && (peer.uid === 0 || peer.uid === process.getuid?.());
}
