/** Milliseconds before the first retry, and the most between two. */
const FIRST = 500;
const LONGEST = 30_000;

/** The same while the relay holds something for us: clients wait. */
const LONGEST_LEASED = 1000;

/** What is to be expected of another try. `lasting`: nothing, unless somebody changes something. `leased`: a lease runs. */
export type Prospect = 'ordinary' | 'leased' | 'lasting';

/**
 * Milliseconds to wait before retry number `attempt` (1, 2, …): doubling, and
 * drawn from the upper half of the span so that a thousand agents that lost one
 * relay do not return in step.
 *
 * @param random - from 0 up to 1
 */
export function backoff(attempt: number, random: number, prospect: Prospect = 'ordinary'): number {
  const longest = prospect === 'leased' ? LONGEST_LEASED : LONGEST;
  const span = prospect === 'lasting' ? LONGEST : Math.min(longest, FIRST * 2 ** (attempt - 1));
  return Math.round(span / 2 + (span / 2) * random);
}
