import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Bytes in buffers that are new, before those of them are freed that nobody has any more. V8 takes some off its
 * count only at the next collection, and begins to mark at some 13 MiB.
 */
const MOST = 6 * 1024 * 1024;

let young = 0;
let last: ArrayBufferLike | undefined;
let collect: Collector | undefined;

type Collector = (how: { type: 'minor' }) => void;

/**
 * Frees the buffers of what was read and passed on, now and then. Node reads into a new buffer each time.
 * V8 frees those when enough small objects have died, of which relaying makes few. Until then it counts
 * them for a heap that grows, and marks all of that, each dozen MiB: for bulk, that was half of the
 * time of a broker, and the more names of a fleet it holds, the more. To collect what is young takes less than 1 ms.
 *
 * What counts is what a chunk holds, once: where Node cuts reads of TLS out of slabs, several chunks hold one, and an
 * octet that came alone holds 64 KiB.
 */
export function freeYoungBuffers({ buffer }: Uint8Array): void {
  if (buffer === last) return;
  last = buffer;
  young += buffer.byteLength;
  if (young < MOST) return;
  young = 0;
  collect ??= collector();
  collect?.({ type: 'minor' });
}

/** Node has this behind a flag; a context made after the flag was set has it. Undefined where another V8 does not. */
function collector(): Collector | undefined {
  setFlagsFromString('--expose-gc');
  return runInNewContext('globalThis.gc');
}
