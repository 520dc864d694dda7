/** Milliseconds from one moment to another, to the microsecond: what is finer only makes records longer. */
export function elapsed(from: number, to: number): number {
  return Math.floor((to - from) * 1000) / 1000;
}
