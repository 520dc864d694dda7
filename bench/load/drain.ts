import { once } from 'node:events';
import { connect } from 'node:net';
import type { Place } from './place.ts';

let bytes = 0;

/** Opens streams and throws away all they bring. One buffer serves all: nobody reads it. */
export async function drain({ streams, ...place }: Place & { streams: number }): Promise<void> {
  const buffer = Buffer.alloc(1024 * 1024);
  const callback = (count: number) => {
    bytes += count;
    return true;
  };
  for (let opened = 0; opened < streams; opened += 1) {
    await once(connect({ ...place, onread: { buffer, callback } }), 'connect');
  }
}

/** Taken together, so that a late answer does no harm. */
export async function received(_: Record<string, never>): Promise<{ bytes: number; at: number }> {
  return { bytes, at: performance.now() };
}
