import type {
  BackConnectRefusal,
  ClientRefusal,
  ExchangeCounters,
  PairEnding,
  WaitingEnding,
} from '../data-plane.ts';

const ENDINGS: (PairEnding | WaitingEnding)[] = [
  'eof',
  'client-reset',
  'server-reset',
  'half-close-timeout',
  'cut',
  'unfetched',
  'stopped',
];

const REFUSALS: (ClientRefusal | BackConnectRefusal)[] = [
  'limit',
  'descriptors',
  'address',
  'no-client',
];

const FIELDS = ['waiting', 'paired', 'bytesToServer', 'bytesToClient', ...ENDINGS, ...REFUSALS];

type Field =
  | Exclude<keyof ExchangeCounters, 'ended' | 'refused'>
  | PairEnding
  | WaitingEnding
  | ClientRefusal
  | BackConnectRefusal;

const PLACE = Object.fromEntries(FIELDS.map((field, place) => [field, place])) as Record<
  Field,
  number
>;

/**
 * The counters of an exchange in shared memory: written by its thread alone,
 * read by the main thread at any time. A number is one aligned store of 64 bits,
 * which the processors that this data plane runs on never tear.
 */
export class SharedCounters {
  readonly memory: SharedArrayBuffer;
  readonly #values: Float64Array;

  constructor(memory = new SharedArrayBuffer(FIELDS.length * Float64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#values = new Float64Array(memory);
  }

  add(field: Field, count: number): void {
    this.#values[PLACE[field]] = this.get(field) + count;
  }

  get(field: Field): number {
    return this.#values[PLACE[field]] as number;
  }

  read(): ExchangeCounters {
    const pick = <F extends Field>(fields: F[]) =>
      Object.fromEntries(fields.map((field) => [field, this.get(field)])) as Record<F, number>;
    return {
      ...pick(['waiting', 'paired', 'bytesToServer', 'bytesToClient']),
      ended: pick(ENDINGS),
      refused: pick(REFUSALS),
    };
  }
}
