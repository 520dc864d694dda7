/** Those who wait for something to happen, by what that is. */
export class WaitingRoom {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Resolves when one of these happens, or so many milliseconds are over. */
  async wait(topics: string[], milliseconds: number): Promise<void> {
    let wake = () => {};
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const timer = setTimeout(wake, milliseconds);
    for (const topic of topics) this.#at(topic).add(wake);
    await woken;
    clearTimeout(timer);
    for (const topic of topics) this.#leave(topic, wake);
  }

  happened(topic: string): void {
    for (const wake of this.#waiting.get(topic) ?? []) wake();
  }

  /** Lets everybody look. */
  happenedAll(): void {
    for (const topic of this.#waiting.keys()) this.happened(topic);
  }

  #at(topic: string): Set<() => void> {
    const there = this.#waiting.get(topic) ?? new Set();
    this.#waiting.set(topic, there);
    return there;
  }

  #leave(topic: string, wake: () => void): void {
    const there = this.#waiting.get(topic);
    there?.delete(wake);
    if (there?.size === 0) this.#waiting.delete(topic);
  }
}
