import { once } from 'node:events';
import { connect } from 'node:net';
import { flood } from './flood.ts';
import type { Place } from './place.ts';
import { count } from './received.ts';
import { BOTH_WAYS, SOURCE } from './serve.ts';

interface Streams extends Place {
  streams: number;
  /** Whether to send too, as fast as it goes. */
  bothWays: boolean;
}

/** Opens streams and throws away all they bring. One buffer serves all: nobody reads it. */
export async function stream({ streams, bothWays, ...place }: Streams): Promise<void> {
  const buffer = Buffer.alloc(1024 * 1024);
  const callback = (received: number) => {
    count(received);
    return true;
  };
  for (let opened = 0; opened < streams; opened += 1) {
    const socket = connect({ ...place, onread: { buffer, callback } });
    await once(socket, 'connect');
    socket.write(bothWays ? BOTH_WAYS : SOURCE);
    if (bothWays) flood(socket);
  }
}
