import { once } from 'node:events';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { descriptorOf } from '#src/data-plane/handle.ts';

/** A listener on loopback that Node knows nothing of: whoever is given its descriptor has to close it. */
export async function listenerToInherit(
  t: TestContext,
): Promise<{ port: number; descriptor: number }> {
  const { duplicate } = await import('#src/data-plane/linux/system-calls.ts');
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  const descriptor = duplicate(descriptorOf(server) ?? -1);
  server.close();
  if (address === null || typeof address === 'string' || descriptor === undefined) {
    throw new Error('no listener');
  }
  return { port: address.port, descriptor };
}
