import type { PairEnding, Side } from '../../data-plane.ts';
import type { DeadlineQueue } from '../../deadline-queue.ts';
import type { Traffic } from '../messages.ts';
import { close, type Readiness, reset, shutdownWrite } from '../system-calls.ts';
import { Flow, type FlowOwner } from './flow.ts';
import type { Relay } from './relay.ts';

/** Whoever made the pair. */
export interface PairOwner {
  /** Half-closed pairs, which must not stay silent for too long. */
  readonly halfClosed: DeadlineQueue<Pair>;
  /** All pairs, where none must. */
  readonly idle?: DeadlineQueue<Pair> | undefined;
  moved(pair: Pair, toServer: boolean, count: number): void;
  /** Both sockets are closed. */
  pairEnded(pair: Pair, ending: PairEnding): void;
}

/**
 * Two sockets joined. One side's end is passed on behind its last byte and
 * leaves the other direction open; a failure of one side, above all a reset,
 * resets the other.
 */
export class Pair implements FlowOwner {
  readonly #relay: Relay;
  readonly #owner: PairOwner;
  readonly #toServer: Flow;
  readonly #toClient: Flow;
  #firstEnd: Side | undefined;
  #over = false;

  /** Takes over both descriptors, to be followed by {@link Pair.watch} or {@link Pair.takeOver}. */
  constructor(relay: Relay, client: number, server: number, owner: PairOwner) {
    this.#relay = relay;
    this.#owner = owner;
    this.#toServer = new Flow(relay, client, server, this);
    this.#toClient = new Flow(relay, server, client, this);
    this.#toServer.join(this.#toClient);
    relay.upkeep.join(this);
    if (owner.idle !== undefined) relay.loop.tickAt(owner.idle.join(this, relay.loop.now));
  }

  /** For sockets that nobody watches yet. */
  watch(): void {
    this.takeOver(undefined, undefined);
  }

  /** With what was reported of each side if it has been watched already. */
  takeOver(client: Readiness | undefined, server: Readiness | undefined): void {
    const sides: [Flow, Readiness | undefined][] = [
      [this.#toServer, client],
      [this.#toClient, server],
    ];
    if (!sides.every(([flow, seen]) => this.#watch(flow, seen))) this.cut('relay-error');
    for (const [flow, seen] of sides) {
      if (seen !== undefined && !this.#over) flow.ready(seen);
      // No event says that a flow begins with bytes of its own.
      flow.proceed();
    }
  }

  #watch(flow: Flow, seen: Readiness | undefined): boolean {
    const { loop } = this.#relay;
    if (seen === undefined) return loop.watch(flow.from, flow);
    loop.handOver(flow.from, flow);
    return true;
  }

  get flows(): [toServer: Flow, toClient: Flow] {
    return [this.#toServer, this.#toClient];
  }

  get bytesToServer(): number {
    return this.#toServer.bytes;
  }

  get bytesToClient(): number {
    return this.#toClient.bytes;
  }

  /** Whose end of data came first, if one came. */
  get firstEnd(): Side | undefined {
    return this.#firstEnd;
  }

  /** Bytes so far. */
  get traffic(): Traffic {
    return [this.#toServer.bytes, this.#toClient.bytes];
  }

  /** Resets both sides. */
  cut(ending: PairEnding): void {
    this.#end(ending, reset);
  }

  moved(flow: Flow, count: number): void {
    const { halfClosed, idle } = this.#owner;
    idle?.join(this, this.#relay.loop.now);
    if (flow.ended !== this.#otherOf(flow).ended) halfClosed.join(this, this.#relay.loop.now);
    if (count > 0) this.#owner.moved(this, flow === this.#toServer, count);
  }

  flowEnded(flow: Flow): void {
    this.#firstEnd ??= flow === this.#toServer ? 'client' : 'server';
    if (this.#otherOf(flow).ended) {
      // Each close sends the end that is still owed, behind what the kernel holds.
      this.#end('eof', close);
      return;
    }
    const { loop } = this.#relay;
    loop.tickAt(this.#owner.halfClosed.join(this, loop.now));
    if (shutdownWrite(flow.to) < 0) this.sideFailed(flow.to);
  }

  sideFailed(descriptor: number): void {
    this.#end(descriptor === this.#toServer.from ? 'client-reset' : 'server-reset', reset);
  }

  #otherOf(flow: Flow): Flow {
    return flow === this.#toServer ? this.#toClient : this.#toServer;
  }

  #end(ending: PairEnding, shut: (descriptor: number) => void): void {
    if (this.#over) return;
    this.#over = true;
    this.#owner.halfClosed.leave(this);
    this.#owner.idle?.leave(this);
    this.#toServer.close();
    this.#toClient.close();
    this.#relay.upkeep.leave(this);
    for (const { from } of this.flows) {
      this.#relay.loop.forget(from);
      shut(from);
    }
    this.#owner.pairEnded(this, ending);
  }
}
