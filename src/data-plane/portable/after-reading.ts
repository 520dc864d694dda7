/**
 * Does something when all that has arrived by now has been read once: Node accepts all
 * connections there are before it reads any, and reads those in its next turn.
 */
export function afterReading(act: () => void): void {
  setImmediate(() => setImmediate(act));
}
