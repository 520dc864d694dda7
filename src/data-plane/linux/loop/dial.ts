import type { PairEnding } from '../../data-plane.ts';
import type { DeadlineQueue } from '../../deadline-queue.ts';
import type { SystemFailure } from '../messages.ts';
import type { Attempt } from './attempt.ts';
import { Pair, type PairOwner } from './pair.ts';
import type { Relay } from './relay.ts';

/** Whoever ordered the dial. */
export interface DialOwner {
  /** Both connections are there or the dial has failed. */
  settled(dial: Dial): void;
  /** Nothing is left of it. */
  ended(dial: Dial): void;
}

export interface DialSettings {
  id: number;
  /** On the {@link TrafficBoard}. */
  place: number;
  /** Connected already, if it was a spare. */
  toRelay: Attempt;
  toTarget: Attempt;
  /** A line for the relay, once the target is there. */
  hello: string | undefined;
  /** Bytes for the target that are not the client's. */
  preface: Uint8Array | undefined;
  /** Bytes of the client that were read already. */
  rest: Uint8Array | undefined;
  halfClosed: DeadlineQueue<Pair>;
}

/** A pair that is dialled: first two attempts, then a pair. See `bothSides` of the portable data plane for what a failure of one does to the other. */
export class Dial implements PairOwner {
  readonly descriptors = 2;
  readonly id: number;
  readonly halfClosed: DeadlineQueue<Pair>;
  readonly #settings: DialSettings;
  readonly #relay: Relay;
  readonly #owner: DialOwner;
  #pair: Pair | undefined;

  constructor(settings: DialSettings, context: Relay, owner: DialOwner) {
    this.id = settings.id;
    this.halfClosed = settings.halfClosed;
    this.#settings = settings;
    this.#relay = context;
    this.#owner = owner;
  }

  begin(): void {
    const { toRelay, toTarget } = this.#settings;
    const onSettled = () => this.#joinIfSettled();
    if (toRelay.state === 'connecting') toRelay.begin(onSettled);
    toTarget.begin(onSettled);
    this.#joinIfSettled();
  }

  /** Gives up what is not connected yet, or resets both sides. */
  cut(failure: SystemFailure): void {
    if (this.#pair !== undefined) {
      this.#pair.cut('cut');
      return;
    }
    const { toRelay, toTarget } = this.#settings;
    for (const attempt of [toRelay, toTarget]) {
      if (attempt.state === 'connecting') attempt.abort(failure);
    }
    this.#joinIfSettled();
  }

  moved({ bytesToServer, bytesToClient }: Pair): void {
    this.#relay.traffic.write(this.#settings.place, bytesToServer, bytesToClient);
  }

  pairEnded(pair: Pair, ending: PairEnding): void {
    this.#relay.outbox.mention(['dial-ended', this.id, ...pair.traffic, ending, pair.firstEnd]);
    this.#owner.ended(this);
  }

  #joinIfSettled(): void {
    const { toRelay, toTarget, hello } = this.#settings;
    const states = [toRelay.state, toTarget.state];
    const isHopeless = hello !== undefined && states.includes('failed');
    if (states.includes('connecting') && !isHopeless) return;
    this.#owner.settled(this);
    if (toTarget.state === 'failed') this.#fail('target', toTarget, toRelay);
    else if (toRelay.state === 'failed') this.#fail('relay', toRelay, toTarget);
    else this.#join();
  }

  #join(): void {
    const { toRelay, toTarget, hello = '', preface, rest } = this.#settings;
    this.#relay.outbox.mention(['dialled', this.id]);
    const pair = new Pair(this.#relay, toRelay.descriptor, toTarget.descriptor, this);
    const [toServer, toClient] = pair.flows;
    if (toTarget.isUnix) toClient.readOn();
    toClient.prefill(Buffer.from(hello, 'latin1'), false);
    if (preface !== undefined) toServer.prefill(preface, false);
    if (rest !== undefined) toServer.prefill(rest, true);
    this.#pair = pair;
    pair.takeOver(toRelay.seen, toTarget.seen);
  }

  #fail(side: 'relay' | 'target', failed: Attempt, other: Attempt): void {
    const error = failed.failure;
    other.abort(error);
    this.#relay.outbox.mention(['dial-failed', this.id, side, error]);
    this.#owner.ended(this);
  }
}
