import { readFirstLine } from '../../data-plane/portable/first-line.ts';
import type { YamuxStream } from '../../yamux/stream.ts';
import { MOST_DIALLING } from './link.ts';
import type { Mux } from './mux.ts';
import {
  type ArrivalListener,
  type Registration,
  readTaken,
  type Source,
  type SourceContext,
} from './source.ts';

/** Milliseconds for the line that says whose stream it is. */
const LINE_DEADLINE = 5000;

/** Clients that the relay brings, each on a stream of the session. */
export class MuxSource implements Source {
  readonly mostDialling = MOST_DIALLING;
  readonly #registration: Registration;
  readonly #mux: Mux;
  readonly #service: SourceContext['service'];
  /** Not accepted yet. A relay opens no more while there are many of those. */
  readonly #waiting = new Set<YamuxStream>();
  #onArrival: ArrivalListener = () => {};
  #isPaused = false;

  constructor(registration: Registration, mux: Mux, { service }: SourceContext) {
    this.#registration = registration;
    this.#mux = mux;
    this.#service = service;
  }

  start(onArrival: ArrivalListener): void {
    this.#onArrival = onArrival;
    this.#mux.serve((stream) => {
      this.#waiting.add(stream);
      stream.once('close', () => this.#waiting.delete(stream));
      this.#takeUp();
    });
  }

  announced(): boolean {
    return false;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#takeUp();
  }

  async close(): Promise<void> {
    this.#mux.serve((stream) => stream.destroy());
    for (const stream of this.#waiting) stream.destroy();
  }

  #takeUp(): void {
    for (const stream of this.#waiting) {
      if (this.#isPaused) return;
      this.#waiting.delete(stream);
      stream.accept();
      void this.#read(stream);
    }
  }

  async #read(stream: YamuxStream): Promise<void> {
    const timer = setTimeout(() => stream.destroy(), LINE_DEADLINE);
    const { connection } = this.#registration;
    const line = await readFirstLine(stream).catch(() => undefined);
    clearTimeout(timer);
    // Without a line, its client has left.
    const arrival = line === undefined ? undefined : readTaken(line, connection);
    if (arrival === undefined) {
      stream.destroy();
      return;
    }
    const { address: host, port } = connection;
    this.#onArrival({ spare: this.#service.carry({ host, port }, stream) }, arrival);
  }
}
