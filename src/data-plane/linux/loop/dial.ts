import type { PairEnding } from '../../data-plane.ts';
import type { DeadlineQueue } from '../../deadline-queue.ts';
import type { ResolvedDial, SystemFailure } from '../messages.ts';
import { Attempt } from './attempt.ts';
import { Pair, type PairOwner } from './pair.ts';
import type { Relay } from './relay.ts';

/** Whoever ordered the dial. */
export interface DialOwner {
  /** Both connections are there or the dial has failed. */
  settled(dial: Dial): void;
  /** Nothing is left of it. */
  ended(dial: Dial): void;
}

/** A pair that is dialled: first two attempts, then a pair. See `dialPair` of the portable data plane for what a failure of one does to the other. */
export class Dial implements PairOwner {
  readonly id: number;
  readonly halfClosed: DeadlineQueue<Pair>;
  readonly #relay: Relay;
  readonly #owner: DialOwner;
  readonly #toRelay: Attempt;
  readonly #toTarget: Attempt;
  readonly #isUnix: boolean;
  #pair: Pair | undefined;

  constructor(
    id: number,
    { relay, target }: ResolvedDial,
    context: Relay,
    halfClosed: DeadlineQueue<Pair>,
    impatience: DeadlineQueue<Attempt>,
    owner: DialOwner,
  ) {
    this.id = id;
    this.#relay = context;
    this.halfClosed = halfClosed;
    this.#owner = owner;
    this.#isUnix = target.some((address) => 'path' in address);
    const onSettled = () => this.#joinIfSettled();
    this.#toRelay = new Attempt(context, relay, impatience, onSettled);
    this.#toTarget = new Attempt(context, target, impatience, onSettled);
  }

  begin(): void {
    this.#toRelay.begin();
    this.#toTarget.begin();
    this.#joinIfSettled();
  }

  /** Gives up what is not connected yet. */
  abort(failure: SystemFailure): void {
    for (const attempt of [this.#toRelay, this.#toTarget]) {
      if (attempt.state === 'connecting') attempt.abort(failure);
    }
    this.#joinIfSettled();
  }

  cut(failure: SystemFailure): void {
    if (this.#pair === undefined) this.abort(failure);
    else this.#pair.cut('cut');
  }

  moved(): void {}

  pairEnded(pair: Pair, ending: PairEnding): void {
    this.#relay.outbox.mention(['dial-ended', this.id, ...pair.traffic, ending]);
    this.#owner.ended(this);
  }

  #joinIfSettled(): void {
    const [toRelay, toTarget] = [this.#toRelay, this.#toTarget];
    if (toRelay.state === 'connecting' || toTarget.state === 'connecting') return;
    this.#owner.settled(this);
    if (toTarget.state === 'failed') this.#fail('target', toTarget, toRelay);
    else if (toRelay.state === 'failed') this.#fail('relay', toRelay, toTarget);
    else this.#join(toRelay, toTarget);
  }

  #join(toRelay: Attempt, toTarget: Attempt): void {
    this.#relay.outbox.mention(['dialled', this.id]);
    this.#pair = new Pair(this.#relay, toRelay.descriptor, toTarget.descriptor, this);
    if (this.#isUnix) this.#pair.flows[1].readOn();
    this.#pair.takeOver(toRelay.seen, toTarget.seen);
  }

  #fail(side: 'relay' | 'target', failed: Attempt, other: Attempt): void {
    const error = failed.failure;
    other.abort(error);
    this.#relay.outbox.mention(['dial-failed', this.id, side, error]);
    this.#owner.ended(this);
  }
}
