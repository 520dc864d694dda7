// The other end of a yamux session, written from spec.md of hashicorp/yamux with nothing of src/yamux.
import { EventEmitter, on } from 'node:events';
import type { Socket } from 'node:net';
import { endingOf } from './tcp.ts';

export const DATA = 0;
export const WINDOW_UPDATE = 1;
export const PING = 2;
export const GO_AWAY = 3;

export const SYN = 1;
export const ACK = 2;
export const FIN = 4;
export const RST = 8;

export interface Frame {
  type: number;
  flags: number;
  id: number;
  length: number;
  payload: Buffer;
}

/** One frame as it goes over the wire. */
export function frame(
  type: number,
  flags: number,
  id: number,
  content: string | Uint8Array | number = 0,
): Buffer {
  const payload = typeof content === 'number' ? Buffer.alloc(0) : Buffer.from(content);
  const header = Buffer.alloc(12);
  header[1] = type;
  header.writeUInt16BE(flags, 2);
  header.writeUInt32BE(id, 4);
  header.writeUInt32BE(typeof content === 'number' ? content : payload.length, 8);
  return Buffer.concat([header, payload]);
}

/** Frames in, frames out; what they mean is for the test. Pings are answered, unless told otherwise. */
export class MuxPeer {
  readonly frames: Frame[] = [];
  /** Resolves, when nothing more comes, with how it ended: `eof`, or the code of an error. */
  readonly ended: Promise<string>;
  answersPings = true;
  readonly #socket: Socket;
  readonly #events = new EventEmitter();
  readonly #payloads = new Map<number, Buffer[]>();
  #bytes = Buffer.alloc(0);
  #isOver = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.once('end', () => socket.end());
    this.ended = endingOf(socket);
    void this.ended.then(() => {
      this.#isOver = true;
      this.#events.emit('over');
    });
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
  }

  say(type: number, flags: number, id: number, content: string | Uint8Array | number = 0): void {
    this.#socket.write(frame(type, flags, id, content));
  }

  /** The `nth` frame that is so, as soon as it is there. */
  async frame(isSo: (frame: Frame) => boolean, nth = 1): Promise<Frame> {
    const find = () => this.frames.filter(isSo)[nth - 1];
    let found = find();
    if (found === undefined && !this.#isOver) {
      for await (const _ of on(this.#events, 'frame', { close: ['over'] })) {
        found = find();
        if (found !== undefined) break;
      }
    }
    if (found === undefined) throw new Error(`no ${nth}. frame that is so: ${isSo}`);
    return found;
  }

  /** All payload of a stream so far. */
  payload(id: number): Buffer {
    return Buffer.concat(this.#payloads.get(id) ?? []);
  }

  #read(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length >= 12) {
      const type = this.#bytes.readUInt8(1);
      const flags = this.#bytes.readUInt16BE(2);
      const id = this.#bytes.readUInt32BE(4);
      const length = this.#bytes.readUInt32BE(8);
      const size = 12 + (type === DATA ? length : 0);
      if (this.#bytes.length < size) break;
      const payload = this.#bytes.subarray(12, size);
      this.#bytes = this.#bytes.subarray(size);
      this.frames.push({ type, flags, id, length, payload });
      if (type === DATA) {
        const before = this.#payloads.get(id);
        if (before === undefined) this.#payloads.set(id, [payload]);
        else before.push(payload);
      }
      if (type === PING && flags & SYN && this.answersPings) this.say(PING, ACK, 0, length);
      this.#events.emit('frame');
    }
  }
}
