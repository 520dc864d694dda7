import type { Moved } from '../data-plane.ts';

/** Pairs that have a place at one time. What more there are show no bytes before their end. */
const PLACES = 16_384;

/** Numbers of a place. */
const WIDTH = 2;

/** The place of a pair that has none. */
const NOWHERE = -1;

/**
 * What dialled pairs have moved so far, in memory that a thread shares with the main one, which gives out the
 * places. Written by the thread alone, see {@link SharedCounters}.
 */
export class TrafficBoard {
  readonly memory: SharedArrayBuffer;
  readonly #values: Float64Array;
  readonly #free: number[] = [];
  #used = 0;

  constructor(memory = new SharedArrayBuffer(PLACES * WIDTH * Float64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#values = new Float64Array(memory);
  }

  /** A place where nothing is written yet. */
  take(): number {
    const place = this.#free.pop() ?? (this.#used < PLACES ? this.#used++ : NOWHERE);
    this.write(place, 0, 0);
    return place;
  }

  give(place: number): void {
    if (place !== NOWHERE) this.#free.push(place);
  }

  write(place: number, toServer: number, toClient: number): void {
    if (place === NOWHERE) return;
    this.#values[place * WIDTH] = toServer;
    this.#values[place * WIDTH + 1] = toClient;
  }

  read(place: number): Moved {
    const [bytesToServer = 0, bytesToClient = 0] =
      place === NOWHERE ? [] : this.#values.subarray(place * WIDTH, (place + 1) * WIDTH);
    return { bytesToServer, bytesToClient };
  }
}
