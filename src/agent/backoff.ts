/** Milliseconds before the first retry, and the most between two. */
const FIRST = 500;
const LONGEST = 30_000;

/**
 * Milliseconds to wait before retry number `attempt` (1, 2, …): doubling, and
 * drawn from the upper half of the span so that a thousand agents that lost one
 * relay do not return in step.
 *
 * @param random - from 0 up to 1
 */
export function backoff(attempt: number, random: number): number {
  const span = Math.min(LONGEST, FIRST * 2 ** (attempt - 1));
  return Math.round(span / 2 + (span / 2) * random);
}
