import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connectByName } from '../../src/index.ts';
import { SOURCE } from '../load/serve.ts';
import { quantile } from '../stats.ts';
import { SERVICE } from './two-brokers.ts';

/** Milliseconds until the service is asked for again where it is not known yet. */
const RETRY = 100;

const PATIENCE = 10_000;

interface Quantiles {
  p50: number;
  p99: number;
}

const quantiles = (values: number[]): Quantiles => ({
  p50: quantile(values, 0.5),
  p99: quantile(values, 0.99),
});

function connect(via: string): Promise<Socket> {
  return connectByName({ name: SERVICE, via });
}

/** Resolves when clients get to the service. */
export async function served(via: string): Promise<void> {
  for (const end = performance.now() + PATIENCE; ; ) {
    try {
      await echoed(await connect(via));
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await delay(RETRY);
    }
  }
}

/** One connection after the other. Milliseconds from dialling the relay to the first byte from the service. */
export async function connections(via: string, count: number): Promise<Quantiles> {
  const times: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const began = performance.now();
    await echoed(await connect(via));
    times.push(performance.now() - began);
  }
  return quantiles(times);
}

/** One byte at a time over one connection. Microseconds there and back. */
export async function roundTrips(via: string, seconds: number): Promise<Quantiles> {
  const socket = await connect(via);
  const times: number[] = [];
  // What is compiled in the first round trips of a process is not what the others take.
  const measured = performance.now() + 500;
  for (const end = measured + seconds * 1000; ; ) {
    const sent = performance.now();
    if (sent > end) break;
    socket.write('x');
    await once(socket, 'data');
    if (sent >= measured) times.push((performance.now() - sent) * 1000);
  }
  socket.destroy();
  return quantiles(times);
}

/**
 * Reads one stream as fast as it goes.
 *
 * @param settled - called when it is under way
 * @returns bytes since then, and in how many seconds they came
 */
export async function bulk(
  via: string,
  seconds: number,
  settled: () => void,
): Promise<{ bytes: number; seconds: number }> {
  const socket = await connect(via);
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  socket.on('error', () => {});
  socket.write(SOURCE);
  await delay(500);
  settled();
  const [before, began] = [bytes, performance.now()];
  await delay(seconds * 1000);
  const took = (performance.now() - began) / 1000;
  socket.destroy();
  return { bytes: bytes - before, seconds: took };
}

async function echoed(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  socket.write('x');
  await once(socket, 'data');
  socket.destroy();
}
