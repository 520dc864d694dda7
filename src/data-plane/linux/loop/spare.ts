import { type Beginning, FirstLine, NoFirstLine } from '../../first-line.ts';
import { SPARE_KEEP_ALIVE_SECONDS } from '../../limits.ts';
import type { SystemFailure } from '../messages.ts';
import { type KeepAlive, keepAlive, type Readiness, send } from '../system-calls.ts';
import type { Attempt } from './attempt.ts';
import { type FirstLineOwner, FirstLineReader } from './first-line-reader.ts';
import type { Relay } from './relay.ts';

/** A relay that vanished is noticed after 40 seconds. */
const KEEP_ALIVE: KeepAlive = { idle: SPARE_KEEP_ALIVE_SECONDS, interval: 5, count: 6 };

/** Whoever ordered the spare. */
export interface SpareOwner {
  /** It waits at the relay or has failed. */
  settled(spare: Spare): void;
  /** Nothing is left of it. */
  ended(spare: Spare): void;
}

/** A connection that waits at the relay for its one line, or the first bytes of a client, and then for somebody to take it over. */
export class Spare implements FirstLineOwner {
  readonly descriptors = 1;
  readonly id: number;
  /** Once the line is there, it keeps what is reported of the connection. */
  readonly toRelay: Attempt;
  /** What the client had sent by then. */
  rest: Uint8Array | undefined;
  readonly #hello: Buffer | undefined;
  readonly #relay: Relay;
  readonly #owner: SpareOwner;

  constructor(
    id: number,
    hello: string | undefined,
    toRelay: Attempt,
    context: Relay,
    owner: SpareOwner,
  ) {
    this.id = id;
    this.#hello = hello === undefined ? undefined : Buffer.from(hello, 'latin1');
    this.toRelay = toRelay;
    this.#relay = context;
    this.#owner = owner;
  }

  begin(): void {
    this.toRelay.begin(() => this.#parkIfConnected());
    if (this.toRelay.state === 'failed') this.cut(this.toRelay.failure);
  }

  began({ line, rest }: Beginning, seen: Readiness): void {
    const { loop, outbox } = this.#relay;
    this.rest = rest;
    loop.handOver(this.toRelay.descriptor, this.toRelay);
    this.toRelay.ready(seen);
    // A client waits.
    outbox.tell(['taken', this.id, line]);
  }

  failed(failure: SystemFailure): void {
    this.cut(failure);
  }

  /** Gives it up, or resets it. */
  cut(failure: SystemFailure): void {
    this.toRelay.abort(failure);
    this.#owner.settled(this);
    this.#relay.outbox.mention(['dial-failed', this.id, 'relay', failure]);
    this.#owner.ended(this);
  }

  #parkIfConnected(): void {
    const { state, descriptor, seen, failure } = this.toRelay;
    if (state === 'failed') {
      this.cut(failure);
      return;
    }
    this.#owner.settled(this);
    keepAlive(descriptor, KEEP_ALIVE);
    const hello = this.#hello;
    // A connection takes its first line whole; whether it failed meanwhile, the reader finds out.
    if (hello !== undefined) send(descriptor, hello, hello.length);
    const line = hello === undefined ? new NoFirstLine() : new FirstLine();
    const reader = new FirstLineReader(descriptor, line, this);
    this.#relay.loop.handOver(descriptor, reader);
    reader.ready(seen);
  }
}
