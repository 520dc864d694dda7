/** What is to be expected of another try. `leased`: a lease runs, and clients wait. `lasting`: nothing, unless somebody changes something. */
export type Prospect = 'ordinary' | 'leased' | 'lasting';

/** Milliseconds before the first retry, and the most between two. */
const PAUSES: Record<Prospect, { first: number; longest: number }> = {
  ordinary: { first: 500, longest: 30_000 },
  leased: { first: 100, longest: 500 },
  lasting: { first: 30_000, longest: 30_000 },
};

/**
 * Milliseconds to wait before retry number `attempt` (1, 2, …): doubling, and
 * drawn from the upper half of the span so that a thousand agents that lost one
 * relay do not return in step.
 *
 * @param random - from 0 up to 1
 */
export function backoff(attempt: number, random: number, prospect: Prospect = 'ordinary'): number {
  const { first, longest } = PAUSES[prospect];
  const span = Math.min(longest, first * 2 ** (attempt - 1));
  return Math.round(span / 2 + (span / 2) * random);
}
