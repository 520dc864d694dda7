import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { clientPortOf, type RunningBroker } from './program.ts';
import { connectTo, read } from './tcp.ts';

/** A basic registration, and a client that it has fetched, of whom it has read one byte. */
export interface PairThrough {
  control: Socket;
  client: Socket;
  server: Socket;
}

/** The broker's first registration, with its first client. */
export async function pairThrough(t: TestContext, broker: RunningBroker): Promise<PairThrough> {
  const control = await connectTo(t, broker.controlPort);
  const client = await connectTo(t, await clientPortOf(broker));
  const [chunk] = await once(control, 'data');
  const server = await connectTo(t, Number(/\d+/.exec(String(chunk))?.[0]));
  client.write('x');
  await read(server, 1);
  return { control, client, server };
}
