import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { connectTo, serve } from './tcp.ts';

/** Both ends of a connection such as that of a registrant. */
export async function controlConnection(t: TestContext): Promise<{ near: Socket; far: Socket }> {
  const listener = await serve(t, () => {});
  const arrived = once(listener, 'connection');
  const far = await connectTo(t, listener.port);
  const [near] = (await arrived) as [Socket];
  return { near, far };
}
