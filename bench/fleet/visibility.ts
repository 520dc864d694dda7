import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { connectByName, createAgent, RelayError } from 'relay-broker';
import type { BenchMember } from './member.ts';

/** Milliseconds for one name to be there. */
const PATIENCE = 10_000;

/**
 * Milliseconds from an agent's `ready` at one member until a client that asks another one is joined
 * with its service, once for each of so many names.
 */
export async function visibility(
  at: BenchMember,
  from: BenchMember,
  names: readonly string[],
): Promise<number[]> {
  const server = createServer((socket) => {
    socket.on('error', () => {}).end('here\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const times: number[] = [];
  for (const name of names) times.push(await seen(server, name, at, from));
  server.close();
  return times;
}

async function seen(
  server: Server,
  name: string,
  { control }: BenchMember,
  { names }: BenchMember,
): Promise<number> {
  const address = server.address();
  if (address === null || typeof address !== 'object') throw new Error('it does not listen');
  const agent = createAgent({
    ...{ target: address.port, to: control, name },
    ...{ dataPlane: 'portable', mux: true },
  });
  const over = agent.run();
  await Promise.race([once(agent, 'ready'), over]);
  const began = performance.now();
  try {
    await reached(name, names, began + PATIENCE);
    return performance.now() - began;
  } finally {
    await agent.close({ drain: 0 });
    await over;
  }
}

/** Asks until somebody is there. */
async function reached(name: string, via: string, deadline: number): Promise<void> {
  for (;;) {
    try {
      const socket = await connectByName({ name, via });
      await once(socket, 'data');
      socket.destroy();
      return;
    } catch (error) {
      const isAbsent = error instanceof RelayError && error.code === 'E_REFUSED';
      if (!isAbsent || performance.now() > deadline) throw error;
    }
  }
}
