import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import { until } from './until.ts';

const ROUNDS = 10;

/** What this process has open. */
export function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/**
 * Does something again and again, and waits after each time until all that it took is given back.
 *
 * @param round - returns its own ends of connections, closed or about to be
 */
export async function leavesNoDescriptor(
  budget: DescriptorBudget,
  round: () => Promise<Socket[]>,
): Promise<void> {
  const { free } = budget;
  const once = async () => {
    const sockets = await round();
    await Promise.all(sockets.map(closed));
    await until(() => budget.free === free);
  };
  // The first may open what is kept.
  await once();
  const open = descriptors();
  for (let n = 0; n < ROUNDS; n += 1) await once();
  // Fewer, when whatever loads the tests had a file open at first.
  await until(() => descriptors() <= open);
}

/** Read to its end. */
async function closed(socket: Socket): Promise<void> {
  if (socket.closed) return;
  const isClosed = new Promise((resolve) => socket.once('close', resolve));
  socket.resume();
  if (socket.readableEnded) socket.end();
  else socket.once('end', () => socket.end());
  await isClosed;
}
