import { FLAG, MOST, TYPE } from './header.ts';
import { Inbox } from './inbox.ts';
import type { Opening } from './openings.ts';
import type { Outlet, Sender, Sent, Transport } from './outlet.ts';
import { ReceiveWindow, WINDOW } from './receive-window.ts';
import { SocketLike } from './socket-like.ts';

/** Payload of one frame: what others have to wait for. */
const SLICE = 32 * 1024;

/** What a stream has of its session. */
export interface StreamHome {
  readonly outlet: Outlet;
  readonly transport: Transport;
  /** No frame goes either way any more, but what came of it may be yet to be read. */
  left(stream: YamuxStream): void;
}

/**
 * One stream of a session, which behaves like a socket: `end()` ends one direction and leaves the
 * other open, `destroy()` before both have ended is a reset, the peer's reset is the error
 * `ECONNRESET`, and whoever does not read has the peer stop.
 */
export class YamuxStream extends SocketLike implements Sender, Opening {
  readonly id: number;
  readonly #home: StreamHome;
  readonly #inbox = new Inbox();
  readonly #window = new ReceiveWindow();
  #sendWindow = WINDOW;
  #pending: { bytes: Buffer; done: (error?: Error) => void } | undefined;
  /** `unknown` to the peer, or by us: `begin()` or `accept()` comes first. */
  #state: 'unknown' | 'open' | 'left' = 'unknown';
  readonly #isOurs: boolean;
  #isAwaited = false;
  #hasFinished = false;
  #hasEnded = false;

  /** @param isOurs - whether this side opens it */
  constructor(id: number, home: StreamHome, { isOurs }: { isOurs: boolean }) {
    // What is not asked for waits in the inbox, where it takes less room.
    super(home.transport, { readableHighWaterMark: 1, writableHighWaterMark: 64 * 1024 });
    this.id = id;
    this.#home = home;
    this.#isOurs = isOurs;
  }

  begin(): void {
    this.#open(FLAG.syn);
  }

  /** Tells the peer that the stream it has opened is taken up. Whoever writes has done so. */
  accept(): void {
    if (!this.#isOurs) this.#open(FLAG.ack);
  }

  /** Nobody has taken it up in time. */
  giveUp(): void {
    this.destroy(failure('ETIMEDOUT', 'the peer has not accepted the stream in time'));
  }

  /** Bytes that the peer may still send. */
  get room(): number {
    return this.#window.room;
  }

  /** The peer announces payload, at most the room. False if it has ended before. */
  announced(length: number): boolean {
    this.#window.announced(length);
    return !this.#hasEnded || length === 0;
  }

  /** Some of the payload has come. */
  received(bytes: Buffer): void {
    if (this.destroyed) return;
    this.#window.arrived(bytes.length);
    if (this.#inbox.length === 0 && this.readableLength === 0 && this.readableFlowing) {
      this.hasRead(bytes.length);
      this.push(bytes);
      this.#openWindow();
      return;
    }
    this.#inbox.add(bytes);
    if (this.#isAwaited) this._read();
  }

  /** The peer takes so much more. False if that is more than can be. */
  windowOpened(increase: number): boolean {
    this.#sendWindow += increase;
    this.#offer();
    return this.#sendWindow <= MOST;
  }

  /** The peer sends nothing more. False if it said so before. */
  ended(): boolean {
    if (this.#hasEnded) return false;
    this.#hasEnded = true;
    if (this.destroyed) return true;
    if (this.#inbox.length === 0) this.push(null);
    this.#leaveIfOver();
    return true;
  }

  /** The peer has reset it, or the session is over. */
  wasReset(): void {
    this.#leave();
    this.destroy(resetError());
  }

  send(): boolean {
    const { bytes, done } = this.#pending ?? NOTHING;
    const part = bytes.subarray(0, Math.min(SLICE, this.#sendWindow));
    this.#sendWindow -= part.length;
    this.hasWritten(part.length);
    this.#home.outlet.data(this.id, part);
    const rest = bytes.subarray(part.length);
    this.#pending = rest.length > 0 ? { bytes: rest, done } : undefined;
    if (rest.length === 0) done();
    return this.#canSend;
  }

  /** Whoever reads makes room, by whichever way they read. */
  override read(size?: number): Buffer | null {
    const bytes: Buffer | null = super.read(size);
    this.#openWindow();
    return bytes;
  }

  override _read(): void {
    const bytes = this.#inbox.take();
    this.#isAwaited = bytes === undefined;
    if (bytes === undefined) return;
    this.hasRead(bytes.length);
    this.push(bytes);
    if (this.#hasEnded && this.#inbox.length === 0) this.push(null);
  }

  override _write(bytes: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    if (bytes.length === 0) {
      done();
      return;
    }
    this.accept();
    this.#pending = { bytes, done };
    this.#offer();
  }

  /** As with sockets, it is over when the system has all of it; or now, if the peer knows nothing of it yet. */
  override _final(done: (error?: Error | null) => void): void {
    this.accept();
    this.#hasFinished = true;
    if (this.#state === 'open') this.#sendEnd((lost) => done(lost && resetError()));
    else done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#inbox.clear();
    this.#home.outlet.leave(this);
    // What the peer was never told of needs no reset.
    if (this.#state === 'open' || (!this.#isOurs && this.#state === 'unknown'))
      this.#control(FLAG.rst);
    this.#leave();
    this.#pending?.done(error ?? failure('ERR_STREAM_DESTROYED', 'the stream was destroyed'));
    super._destroy(error, done);
  }

  get #canSend(): boolean {
    return this.#pending !== undefined && this.#state === 'open' && this.#sendWindow > 0;
  }

  #offer(): void {
    if (this.#canSend) this.#home.outlet.join(this);
  }

  #open(flags: number): void {
    if (this.#state !== 'unknown') return;
    this.#state = 'open';
    this.#control(flags);
    // It may have been read before it was accepted.
    this.#openWindow();
    if (this.#hasFinished) this.#sendEnd(() => {});
    else this.#offer();
  }

  #sendEnd(sent: Sent): void {
    this.#control(FLAG.fin, 0, sent);
    this.#leaveIfOver();
  }

  #leaveIfOver(): void {
    if (this.#hasEnded && this.#hasFinished && this.#state === 'open') this.#leave();
  }

  #leave(): void {
    if (this.#state === 'left') return;
    this.#state = 'left';
    this.#home.left(this);
  }

  /** Lets the peer send as much as was read, once that is worth a frame. */
  #openWindow(): void {
    if (this.#hasEnded || this.#state !== 'open') return;
    const increase = this.#window.open(this.#inbox.length + this.readableLength);
    if (increase > 0) this.#control(0, increase);
  }

  #control(flags: number, increase = 0, sent?: Sent): void {
    const header = { type: TYPE.windowUpdate, flags, id: this.id, length: increase };
    this.#home.outlet.control(header, sent);
  }
}

const NOTHING = { bytes: Buffer.alloc(0), done: () => {} };

function resetError(): Error {
  return failure('ECONNRESET', 'the stream was reset');
}

/** As the system's errors are, which sockets have. */
function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
