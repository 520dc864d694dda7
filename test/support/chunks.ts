/** Bytes in chunks of these sizes, and what is left in one more. */
export function inChunks(bytes: Uint8Array, sizes: number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let from = 0;
  for (const size of [...sizes, bytes.length]) {
    chunks.push(bytes.subarray(from, from + size));
    from += size;
  }
  return chunks;
}
