import { performance } from 'node:perf_hooks';
import type { Observers } from '../observers.ts';
import { CLAIMING, REACHABLE } from './claiming.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** What can be done in a directory at a moment. */
export interface Possible {
  isReachable: boolean;
  canClaim: boolean;
  holds: boolean;
}

/** What was possible when it was last looked at, and those who are told that something else is. */
export class Outlook {
  readonly #observers: Observers;
  readonly #room: WaitingRoom;
  #last: Possible = { isReachable: false, canClaim: false, holds: false };
  #since = performance.now();

  constructor(observers: Observers, room: WaitingRoom) {
    this.#observers = observers;
    this.#room = room;
  }

  /** Whether it was out of reach for so long that nobody is to wait for it. */
  get isLongAway(): boolean {
    return !this.#last.isReachable && performance.now() - this.#since > CLAIMING;
  }

  is(now: Possible): void {
    const last = this.#last;
    this.#last = now;
    if (last.isReachable !== now.isReachable) {
      this.#since = performance.now();
      this.#observers.reachable(now.isReachable);
    }
    if (last.holds !== now.holds) this.#observers.tenure(now.holds);
    if (!last.canClaim && now.canClaim) this.#room.happened(REACHABLE);
  }
}
