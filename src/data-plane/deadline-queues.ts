import { DeadlineQueue } from './deadline-queue.ts';

/** A {@link DeadlineQueue} for each length of time that somebody is given. */
export class DeadlineQueues<Member> {
  readonly #queues = new Map<number, DeadlineQueue<Member>>();

  get nextDeadline(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { nextDeadline } of this.#queues.values()) next = Math.min(next, nextDeadline);
    return next;
  }

  /** To be joined at once: a queue that nobody is in may be forgotten. */
  of(timeout: number): DeadlineQueue<Member> {
    const queue = this.#queues.get(timeout) ?? new DeadlineQueue(timeout);
    this.#queues.set(timeout, queue);
    return queue;
  }

  /** Removes and returns those whose deadline has come. */
  expire(now: number): Member[] {
    const expired: Member[] = [];
    for (const [timeout, queue] of this.#queues) {
      expired.push(...queue.expire(now));
      if (queue.size === 0) this.#queues.delete(timeout);
    }
    return expired;
  }
}
