import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { connectTo, serve } from './tcp.ts';

/** A connection that some other door has accepted, of which nothing is read any more, and its peer. */
export async function atTheDoor(t: TestContext): Promise<{ near: Socket; far: Socket }> {
  const door = await serve(t, () => {});
  const arrived = once(door, 'connection');
  const far = await connectTo(t, door.port);
  const [near] = (await arrived) as [Socket];
  return { near, far };
}
