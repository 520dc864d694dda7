import { connect } from 'node:net';
import { quantile } from '../stats.ts';
import type { Place } from './place.ts';

/** Sends one byte at a time over one connection. Microseconds there and back. */
export function ping({
  seconds,
  warmUp,
  ...place
}: Place & { seconds: number; warmUp: number }): Promise<{ p50: number; p99: number }> {
  return new Promise((resolve, reject) => {
    const times: number[] = [];
    const socket = connect({ ...place, noDelay: true });
    let began = 0;
    let sent = 0;
    const send = () => {
      sent = performance.now();
      socket.write('x');
    };
    socket.on('connect', () => {
      began = performance.now() + warmUp * 1000;
      send();
    });
    socket.on('data', () => {
      const now = performance.now();
      if (sent >= began) times.push((now - sent) * 1000);
      if (now < began + seconds * 1000) send();
      else socket.destroy();
    });
    socket.on('error', reject);
    socket.on('end', () => reject(new Error('the relay hung up')));
    socket.on('close', () => resolve({ p50: quantile(times, 0.5), p99: quantile(times, 0.99) }));
  });
}
