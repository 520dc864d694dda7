import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Place } from './place.ts';

/** Below every listener's backlog, of which the smallest is 128. */
const IN_FLIGHT = 64;

const held = new Set<Socket>();

/** Opens connections, takes one byte there and back over each and keeps them open. */
export async function hold({ count, ...place }: Place & { count: number }): Promise<void> {
  let left = count;
  const slot = async () => {
    while (left > 0) {
      left -= 1;
      const socket = connect({ ...place, noDelay: true });
      socket.write('x');
      await once(socket, 'data');
      held.add(socket);
      socket.once('close', () => held.delete(socket));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, slot));
}

/** How many of them are still open. */
export async function holding(_: Record<string, never>): Promise<number> {
  return held.size;
}
