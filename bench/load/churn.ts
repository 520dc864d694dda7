import { connect } from 'node:net';
import { quantile } from '../stats.ts';
import type { Place } from './place.ts';

const GIVE_UP = 10_000;

export interface Churn {
  connections: number;
  failed: number;
  seconds: number;
  /** Milliseconds from the connect to the byte's return. */
  p50: number;
  p99: number;
}

/** Opens connections, each for one byte there and back, with so many in flight at any time. */
export async function churn({
  inFlight,
  seconds,
  ...place
}: Place & { inFlight: number; seconds: number }): Promise<Churn> {
  const latencies: number[] = [];
  let failed = 0;
  const began = performance.now();
  const slot = async () => {
    while (performance.now() < began + seconds * 1000) {
      const latency = await visit(place);
      if (latency === undefined) failed += 1;
      else latencies.push(latency);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, slot));
  return {
    connections: latencies.length,
    failed,
    seconds: (performance.now() - began) / 1000,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  };
}

/** Resolves only when the relay has closed its side too, or it could fall behind unseen. */
function visit(place: Place): Promise<number | undefined> {
  return new Promise((resolve) => {
    const began = performance.now();
    let latency: number | undefined;
    const socket = connect({ ...place, noDelay: true });
    socket.setTimeout(GIVE_UP, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('data', () => {
      latency = performance.now() - began;
      socket.end();
    });
    socket.on('close', () => resolve(latency));
    socket.write('x');
  });
}
