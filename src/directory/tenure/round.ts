/** A question to all members that could count a session out: whether they promise not to, for a while. */
export class Round {
  /** Before the first of them was asked. */
  readonly begunAt: number;
  readonly #missing: Set<string>;

  constructor(members: Iterable<string>, begunAt: number) {
    this.begunAt = begunAt;
    this.#missing = new Set(members);
  }

  /** Who has not promised yet. */
  get missing(): string[] {
    return [...this.#missing];
  }

  get isComplete(): boolean {
    return this.#missing.size === 0;
  }

  promised(member: string): void {
    this.#missing.delete(member);
  }
}
