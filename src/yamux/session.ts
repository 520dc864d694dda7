import { freeYoungBuffers } from '../young-buffers.ts';
import { FrameReader } from './frame-reader.ts';
import { Gathering } from './gathering.ts';
import { FLAG, GO_AWAY, type Header, TYPE } from './header.ts';
import { KeepAlive, type KeepAliveTimes } from './keep-alive.ts';
import { Outlet, type Transport } from './outlet.ts';
import { WINDOW } from './receive-window.ts';
import type { YamuxStream } from './stream.ts';
import { Streams, type StreamsSettings } from './streams.ts';

/** Payload of a TLS record. Behind a shorter one there is nothing more for now. */
const MOST_OF_RECORD = 16 * 1024;

/** Milliseconds for the peer to close behind our last word to it. */
const FAREWELL = 1000;

/** The same where all went well: the last bytes of a stream may still be on a slow way. */
const LONG_FAREWELL = 10_000;

export interface SessionSettings extends StreamsSettings {
  keepAlive: KeepAliveTimes;
}

/**
 * How a session ended that this side did not end. `closed`: the peer closed the transport. `lost`: that
 * failed. `silent`: a ping was not answered. `not-reading`: the peer leaves unread what it
 * is answered. `misbehaved`: what came breaks the protocol. `gone-away`: the peer says that something is wrong.
 */
export type SessionEnding =
  | 'closed'
  | 'lost'
  | 'silent'
  | 'not-reading'
  | 'misbehaved'
  | 'gone-away';

/** Called synchronously; must not throw. */
export interface SessionObserver {
  /** The peer has opened a stream, which is to be accepted or destroyed. */
  opened(stream: YamuxStream): void;
  /** The peer takes no new streams. */
  declined(): void;
  /** The session is over, and its streams are reset. Told once. */
  over(ending: SessionEnding, detail: string): void;
}

/** Many streams on one connection, see spec.md of hashicorp/yamux. */
export class YamuxSession {
  readonly #transport: Transport;
  readonly #observer: SessionObserver;
  readonly #outlet: Outlet;
  readonly #reader: FrameReader;
  readonly #gathering = new Gathering();
  readonly #streams: Streams;
  readonly #keepAlive: KeepAlive;
  /** What is being read: whose payload, and whether it is the last. */
  #current: { stream: YamuxStream | undefined; isLast: boolean } = NOBODYS;
  #isDeclined = false;
  #isLeaving = false;
  #isOver = false;
  #farewell: NodeJS.Timeout | undefined;

  /**
   * @param transport - paused, without listeners for what it reads; what was read of it has to be
   *   unshifted. It is this session's from now on, its end included.
   */
  constructor(transport: Transport, settings: SessionSettings, observer: SessionObserver) {
    this.#transport = transport;
    this.#observer = observer;
    this.#outlet = new Outlet(transport, () => this.#fail('not-reading', ''));
    this.#reader = new FrameReader({
      frame: (header) => this.#began(header),
      payload: (bytes) => this.#received(bytes),
      complete: () => this.#completed(),
      malformed: () => this.#misbehaved('no header of this protocol'),
    });
    const outlet = this.#outlet;
    this.#streams = new Streams(settings, { transport, outlet }, () => this.#closeIfDone());
    this.#keepAlive = new KeepAlive(settings.keepAlive, {
      ping: (value) => this.#say(TYPE.ping, FLAG.syn, value),
      silent: () => this.#fail('silent', ''),
    });
    transport.on('data', (chunk: Buffer) => {
      freeYoungBuffers(chunk);
      this.#reader.read(chunk);
      if (chunk.length < MOST_OF_RECORD) this.#gathering.passOn();
    });
    transport.on('end', () => this.#ended('closed', ''));
    transport.on('error', (error) => this.#ended('lost', error.message));
    transport.on('close', () => this.#ended('lost', ''));
    transport.resume();
  }

  /** Streams that are not over in both directions. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * Opens a stream, which can be written to at once. Undefined when there cannot be any more: the session
   * is over, or ending, or the peer wants no more, or the ids are used up.
   */
  open(): YamuxStream | undefined {
    if (this.#isDeclined || this.#isLeaving || this.#isOver) return undefined;
    return this.#streams.open();
  }

  /** Has no more streams come about, and closes the transport when the last one is over. */
  leave(): void {
    if (this.#isLeaving || this.#isOver) return;
    this.#isLeaving = true;
    this.#say(TYPE.goAway, 0, GO_AWAY.normal);
    this.#closeIfDone();
  }

  /** Resets all streams and the transport. */
  destroy(): void {
    this.#finish();
    this.#transport.destroy();
  }

  #began(header: Header): void {
    this.#current = NOBODYS;
    const { type, flags, length } = header;
    switch (type) {
      case TYPE.ping:
        if (flags & FLAG.syn) this.#say(TYPE.ping, FLAG.ack, length);
        else this.#keepAlive.answered(length);
        return;
      case TYPE.goAway:
        this.#wentAway(length);
        return;
      default:
        this.#current = { stream: this.#streamOf(header), isLast: (flags & FLAG.fin) !== 0 };
        this.#heard(header, this.#current.stream);
    }
  }

  #received(bytes: Buffer): void {
    const { stream } = this.#current;
    if (stream !== undefined) this.#gathering.add(stream, bytes);
  }

  #completed(): void {
    const { stream, isLast } = this.#current;
    if (!isLast) return;
    this.#gathering.passOn();
    if (stream?.ended() === false) this.#misbehaved('a second end of a stream');
  }

  #heard({ type, length }: Header, stream: YamuxStream | undefined): void {
    if (stream !== undefined) this.#streams.accepted(stream);
    if (type === TYPE.windowUpdate) {
      if (stream?.windowOpened(length) === false) this.#misbehaved('a window without bounds');
    } else if (length > (stream?.room ?? WINDOW)) {
      this.#misbehaved('more than a window takes');
    } else if (stream?.announced(length) === false) {
      this.#misbehaved('more behind the end of a stream');
    }
  }

  /** Undefined for one that is over: what is under way for it is nobody's. */
  #streamOf({ id, flags }: Header): YamuxStream | undefined {
    const stream = flags & FLAG.syn ? this.#admit(id) : this.#streams.find(id);
    if (stream === undefined && !this.#streams.isKnown(id)) {
      this.#misbehaved('a stream that never began');
    }
    if ((flags & FLAG.rst) === 0) return stream;
    this.#gathering.passOn();
    stream?.wasReset();
    return undefined;
  }

  #admit(id: number): YamuxStream | undefined {
    const stream = this.#streams.admit(id, !this.#isLeaving);
    if (stream === undefined) this.#misbehaved('a stream begun twice, or with an id of ours');
    if (stream === undefined || stream === 'refused') return undefined;
    this.#observer.opened(stream);
    return stream;
  }

  #closeIfDone(): void {
    if (this.#isLeaving && this.#streams.size === 0) this.#close(LONG_FAREWELL);
  }

  #wentAway(code: number): void {
    if (code !== GO_AWAY.normal) {
      this.#fail('gone-away', `code ${code}`);
    } else if (!this.#isDeclined) {
      this.#isDeclined = true;
      this.#observer.declined();
    }
  }

  #misbehaved(how: string): void {
    if (this.#isOver) return;
    this.#say(TYPE.goAway, 0, GO_AWAY.protocolError);
    this.#fail('misbehaved', how);
  }

  /** Ends the session for a reason that the peer may still be told. */
  #fail(ending: SessionEnding, detail: string): void {
    if (this.#isOver) return;
    this.#close(FAREWELL);
    this.#observer.over(ending, detail);
  }

  /** The transport is over. */
  #ended(ending: SessionEnding, detail: string): void {
    clearTimeout(this.#farewell);
    this.#transport.destroy();
    if (this.#isOver) return;
    this.#finish();
    this.#observer.over(ending, detail);
  }

  /** What still comes is read and dropped, or closing would become a reset, and our last word be lost. */
  #close(farewell: number): void {
    if (this.#isOver) return;
    this.#finish();
    this.#transport.end();
    this.#farewell = setTimeout(() => this.#transport.destroy(), farewell);
  }

  #finish(): void {
    this.#isOver = true;
    this.#reader.stop();
    this.#keepAlive.stop();
    this.#gathering.passOn();
    this.#streams.reset();
  }

  #say(type: number, flags: number, length: number): void {
    this.#outlet.control({ type, flags, id: 0, length });
  }
}

const NOBODYS = { stream: undefined, isLast: false };
