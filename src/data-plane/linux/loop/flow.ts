import {
  AGAIN,
  failureOf,
  hasFailed,
  hasHungUp,
  isReadable,
  isUrgent,
  isWritable,
  type Pipe,
  type Readiness,
  receive,
  send,
  splice,
} from '../system-calls.ts';
import type { Source, Task } from './loop.ts';
import type { Sending } from './receiver.ts';
import type { Relay } from './relay.ts';
import type { Nudgeable } from './watchdog.ts';

/**
 * Bytes read at once while a connection says little. More than that in one go
 * is a stream worth a pipe; and this is all that a blocked one holds without it.
 */
const CHUNK = 8 * 1024;

/** Bytes that one direction moves in a turn before the others get theirs. */
const TURN = 1024 * 1024;

/** Read into and written from within one call; holds nothing in between. */
const scratch = new Uint8Array(CHUNK);

/** What a flow tells the pair it belongs to. */
export interface FlowOwner {
  /** So many bytes were read, or 0 when bytes read earlier went on their way. */
  moved(flow: Flow, count: number): void;
  /** The source has ended and all its bytes are on their way. */
  flowEnded(flow: Flow): void;
  /** The socket with this descriptor failed. */
  sideFailed(descriptor: number): void;
}

/**
 * One direction of a pair: from one socket to the other. Few bytes are copied,
 * many are spliced through a pipe, which is held only while something is in it.
 *
 * A pipe is filled only while it is empty. So EAGAIN is about the socket, although
 * a full pipe answers the same, and a pipe is full as soon as its slots are: at
 * some 23 KiB of small segments.
 */
export class Flow implements Source, Task, Nudgeable, Sending {
  readonly from: number;
  readonly to: number;
  bytes = 0;
  ended = false;
  wakes = 0;
  readonly #relay: Relay;
  readonly #owner: FlowOwner;
  #reverse: Flow = this;
  #closed = false;
  #readable = false;
  #writable = true;
  /** A short read does not mean that the socket is drained, and no further event will say what is left. */
  #readsOn = false;
  /** The last read brought all it could: the next goes through a pipe. */
  #plentiful = false;
  #pipe: Pipe | undefined;
  #inPipe = 0;
  /** Copied bytes that the socket did not take. */
  #rest: Uint8Array | undefined;

  constructor(relay: Relay, from: number, to: number, owner: FlowOwner) {
    this.#relay = relay;
    this.from = from;
    this.to = to;
    this.#owner = owner;
  }

  /** Has to be called before the first event, which concerns both directions. */
  join(reverse: Flow): void {
    this.#reverse = reverse;
    reverse.#reverse = this;
  }

  /** For a socket whose reads stop short at what is not a byte: unix sockets carry descriptors too (unix(7)). */
  readOn(): void {
    this.#readsOn = true;
  }

  /**
   * Bytes for the receiver before any that are read from the source, to be called
   * before the first event. They go out with the next {@link Flow.proceed}.
   *
   * @param counted - whether they are traffic: read from the source by somebody else
   */
  prefill(bytes: Uint8Array, counted: boolean): void {
    if (bytes.length === 0) return;
    this.#rest = this.#rest === undefined ? bytes : Buffer.concat([this.#rest, bytes]);
    if (counted) this.#counted(bytes.length);
  }

  /** An event of the socket that this flow reads and its reverse writes. */
  ready(events: Readiness): void {
    if (hasFailed(events) && failureOf(this.from) !== 0) {
      this.#owner.sideFailed(this.from);
      return;
    }
    // An event says all that is true of a socket, also that it is at its end, which has been dealt with.
    if (isReadable(events) && !this.ended) {
      this.#readable = true;
      if (hasHungUp(events) || isUrgent(events)) this.#readsOn = true;
      this.proceed();
    }
    if (isWritable(events)) this.#reverse.#unblock();
  }

  /** Moves what can be moved now; in a later turn again when that is more than one turn's work. */
  proceed(): void {
    this.#move();
    if (this.#pipe !== undefined && this.#inPipe === 0) {
      this.#relay.pipes.give(this.#pipe);
      this.#pipe = undefined;
    }
  }

  nudge(): boolean {
    const sent = this.#sent;
    this.#writable = true;
    this.proceed();
    return !this.#closed && this.#sent !== sent;
  }

  /** Lets go of what is under way. The owner closes the sockets. */
  close(): void {
    this.#closed = true;
    this.#relay.watchdog.forget(this);
    if (this.#pipe !== undefined) this.#relay.pipes.discard(this.#pipe);
    this.#pipe = undefined;
    this.#rest = undefined;
  }

  #unblock(): void {
    this.wakes += 1;
    this.#writable = true;
    this.proceed();
  }

  /** Bytes that were read and not yet written. */
  get #holding(): number {
    return this.#inPipe + (this.#rest?.length ?? 0);
  }

  #move(): void {
    for (let left = TURN; left > 0; ) {
      if (this.#closed || !this.#writable) return;
      if (this.#holding > 0 && !this.#deliver()) return;
      if (!this.#readable) return;
      const count = this.#plentiful ? this.#splice() : this.#copy();
      if (count <= 0) {
        this.#nothingRead(count);
        return;
      }
      left -= count;
    }
    this.#relay.loop.later(this);
  }

  /** Returns what the read returned, like {@link Flow.#copy}. */
  #splice(): number {
    this.#pipe ??= this.#relay.pipes.take();
    if (this.#pipe === undefined) return this.#copy();
    const count = splice(this.from, this.#pipe.writeEnd, this.#pipe.size);
    this.#plentiful = count >= CHUNK;
    // Neither is to be believed: splice(2) stops for good at an urgent byte, which read(2) passes over.
    if (count === 0 || count === AGAIN) return this.#copy();
    if (count < 0) return count;
    this.#inPipe = count;
    this.#counted(count);
    return count;
  }

  #copy(): number {
    const count = receive(this.from, scratch);
    if (count <= 0) return count;
    // Less than was asked for: the socket is drained, and what comes now is a new event (epoll(7)).
    if (count < CHUNK && !this.#readsOn) this.#readable = false;
    this.#plentiful = count === CHUNK;
    this.#counted(count);
    const sent = send(this.to, scratch, count);
    if (sent === count) return count;
    this.#rest = scratch.slice(Math.max(sent, 0), count);
    this.#notTaken(sent);
    return count;
  }

  /** Before the bytes are written: whoever has got them shall find them counted. */
  #counted(count: number): void {
    this.bytes += count;
    this.#owner.moved(this, count);
  }

  #nothingRead(answer: number): void {
    this.#plentiful = false;
    if (answer === AGAIN) {
      this.#readable = false;
    } else if (answer === 0) {
      this.#readable = false;
      this.ended = true;
      this.#owner.flowEnded(this);
    } else {
      this.#owner.sideFailed(this.from);
    }
  }

  /** Bytes that were written. As much may be held again as was before they were. */
  get #sent(): number {
    return this.bytes - this.#holding;
  }

  /** Writes what is held; true when nothing is held any more. */
  #deliver(): boolean {
    while (this.#holding > 0) {
      const sent =
        this.#pipe === undefined || this.#inPipe === 0
          ? this.#sendRest()
          : this.#drainPipe(this.#pipe);
      if (sent <= 0) {
        this.#notTaken(sent);
        return false;
      }
      this.#owner.moved(this, 0);
    }
    this.#relay.watchdog.unblocked(this);
    return true;
  }

  #drainPipe(pipe: Pipe): number {
    const sent = splice(pipe.readEnd, this.to, this.#inPipe);
    if (sent > 0) this.#inPipe -= sent;
    return sent;
  }

  #sendRest(): number {
    const rest = this.#rest ?? scratch.subarray(0, 0);
    const sent = send(this.to, rest, rest.length);
    if (sent > 0) this.#rest = sent < rest.length ? rest.subarray(sent) : undefined;
    return sent;
  }

  #notTaken(answer: number): void {
    if (answer < 0 && answer !== AGAIN) {
      this.#owner.sideFailed(this.to);
      return;
    }
    this.#writable = false;
    this.#relay.loop.watchForRoom(this.to);
    this.#relay.watchdog.blocked(this);
  }
}
