/**
 * Who has how long left, where everybody gets equally long: the queue is in
 * order of joining and by that of deadlines, and joining and leaving cost
 * nothing but a place in a map.
 *
 * Times are milliseconds of any monotonic clock.
 */
export class DeadlineQueue<Member> {
  readonly #deadlines = new Map<Member, number>();
  readonly #timeout: number;

  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  get size(): number {
    return this.#deadlines.size;
  }

  /** The one who joined first. */
  get first(): Member | undefined {
    return this.#deadlines.keys().next().value;
  }

  /** Everyone, in order. */
  [Symbol.iterator](): Iterator<Member> {
    return this.#deadlines.keys();
  }

  /** When the first one's time is over; never, when nobody is here. */
  get nextDeadline(): number {
    return this.#deadlines.values().next().value ?? Number.POSITIVE_INFINITY;
  }

  /** Joins at the end, also who is here already: the time starts anew. Returns the deadline. */
  join(member: Member, now: number): number {
    const deadline = now + this.#timeout;
    this.#deadlines.delete(member);
    this.#deadlines.set(member, deadline);
    return deadline;
  }

  leave(member: Member): boolean {
    return this.#deadlines.delete(member);
  }

  /** Removes and returns those whose deadline has come. */
  expire(now: number): Member[] {
    const expired: Member[] = [];
    for (const [member, deadline] of this.#deadlines) {
      if (deadline > now) break;
      this.#deadlines.delete(member);
      expired.push(member);
    }
    return expired;
  }

  /** Removes and returns everyone. */
  clear(): Member[] {
    const everyone = [...this.#deadlines.keys()];
    this.#deadlines.clear();
    return everyone;
  }
}
