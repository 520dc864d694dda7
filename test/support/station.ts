import { on, once } from 'node:events';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
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

/** Where nobody listens. */
export async function nowhere(t: TestContext): Promise<{ host: string; port: number }> {
  const server = await serve(t, () => {});
  const closed = once(server, 'close');
  server.close();
  await closed;
  return { host: '127.0.0.1', port: server.port };
}
