import type {
  BackConnectRefusal,
  ClientRefusal,
  ExchangeCounters,
  PairEnding,
  WaitingEnding,
} from './data-plane.ts';

type Figure = Exclude<keyof ExchangeCounters, 'ended' | 'refused'>;
type Ending = PairEnding | WaitingEnding;
type Refusal = ClientRefusal | BackConnectRefusal;

const FIGURES: Figure[] = ['waiting', 'paired', 'spares', 'bytesToServer', 'bytesToClient'];

const ENDINGS: Ending[] = [
  'eof',
  'client-reset',
  'server-reset',
  'half-close-timeout',
  'idle',
  'target-failed',
  'relay-error',
  'cut',
  'drain',
  'kicked',
  'revoked',
  'unfetched',
  'stopped',
];

const REFUSALS: Refusal[] = [
  'limit',
  'waiting',
  'address-limit',
  'rate',
  'denied',
  'parked',
  'descriptors',
  'address',
  'no-client',
  'ticket',
  'hello',
  'pushed-out',
  'spare',
];

const FIGURE_PLACES = placesFrom(0, FIGURES);
const ENDING_PLACES = placesFrom(FIGURES.length, ENDINGS);
const REFUSAL_PLACES = placesFrom(FIGURES.length + ENDINGS.length, REFUSALS);
const SIZE = FIGURES.length + ENDINGS.length + REFUSALS.length;

/**
 * The counters of an exchange in memory that threads can share: written by the
 * exchange's thread alone, read by the main thread at any time. A number is one
 * aligned store of 64 bits, which the processors that the Linux data plane runs
 * on never tear.
 */
export class SharedCounters {
  readonly memory: SharedArrayBuffer;
  readonly #values: Float64Array;

  constructor(memory = new SharedArrayBuffer(SIZE * Float64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#values = new Float64Array(memory);
  }

  add(figure: Figure, count: number): void {
    this.#add(FIGURE_PLACES[figure], count);
  }

  ended(ending: Ending): void {
    this.#add(ENDING_PLACES[ending], 1);
  }

  refused(cause: Refusal): void {
    this.#add(REFUSAL_PLACES[cause], 1);
  }

  read(): ExchangeCounters {
    return {
      ...this.#pick(FIGURE_PLACES),
      ended: this.#pick(ENDING_PLACES),
      refused: this.#pick(REFUSAL_PLACES),
    };
  }

  #add(place: number, count: number): void {
    this.#values[place] = this.#at(place) + count;
  }

  #at(place: number): number {
    return this.#values[place] as number;
  }

  #pick<Field extends string>(places: Record<Field, number>): Record<Field, number> {
    const entries = Object.entries<number>(places).map(([field, place]) => [
      field,
      this.#at(place),
    ]);
    return Object.fromEntries(entries) as Record<Field, number>;
  }
}

function placesFrom<Field extends string>(first: number, fields: Field[]): Record<Field, number> {
  const entries = fields.map((field, index) => [field, first + index]);
  return Object.fromEntries(entries) as Record<Field, number>;
}
