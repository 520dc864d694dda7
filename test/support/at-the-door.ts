import { once } from 'node:events';
import type { Socket, TcpNetConnectOpts } from 'node:net';
import type { TestContext } from 'node:test';
import { connectTo, serve } from './tcp.ts';

/** A connection that some other door has accepted, of which nothing is read any more, and its peer. */
export async function atTheDoor(
  t: TestContext,
  options: Partial<TcpNetConnectOpts> = {},
): Promise<{ near: Socket; far: Socket }> {
  const door = await serve(t, () => {});
  const arrived = once(door, 'connection');
  const far = await connectTo(t, door.port, options);
  const [near] = (await arrived) as [Socket];
  door.close();
  return { near, far };
}
