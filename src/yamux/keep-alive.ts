import { MOST } from './header.ts';

export interface KeepAliveTimes {
  /** Milliseconds between two pings. */
  interval: number;
  /** Milliseconds for the answer. */
  deadline: number;
}

/** Asks the peer now and then whether it is still there, and tells when it does not answer. */
export class KeepAlive {
  readonly #deadline: number;
  readonly #ping: (value: number) => void;
  readonly #silent: () => void;
  readonly #interval: NodeJS.Timeout;
  #value = 0;
  #timer: NodeJS.Timeout | undefined;
  #verdict: NodeJS.Immediate | undefined;

  constructor(
    { interval, deadline }: KeepAliveTimes,
    act: { ping: (value: number) => void; silent: () => void },
  ) {
    this.#deadline = deadline;
    this.#ping = act.ping;
    this.#silent = act.silent;
    this.#interval = setInterval(() => this.#ask(), interval);
  }

  /** The peer has answered, with this value. */
  answered(value: number): void {
    if (value !== this.#value) return;
    this.#forget();
    this.#timer = undefined;
  }

  stop(): void {
    clearInterval(this.#interval);
    this.#forget();
  }

  /** One question at a time: what is owed an answer is not asked again. */
  #ask(): void {
    if (this.#timer !== undefined) return;
    this.#value = this.#value === MOST ? 0 : this.#value + 1;
    this.#timer = setTimeout(() => this.#judge(), this.#deadline);
    this.#ping(this.#value);
  }

  /** Behind what has come already: it may be this process that was busy. */
  #judge(): void {
    this.#verdict = setImmediate(this.#silent);
  }

  #forget(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#verdict);
  }
}
