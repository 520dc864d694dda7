import assert from 'node:assert/strict';
import type { DialledSpare } from '#src/data-plane/data-plane.ts';

/** Resolves when a spare is lost, for a reason with this code. */
export async function lost(spare: DialledSpare, code: string): Promise<void> {
  await assert.rejects(spare.taken, (error: Error & { side?: string }) => {
    assert.equal(error.side, 'relay');
    assert.equal((error.cause as NodeJS.ErrnoException).code, code);
    return true;
  });
}
