import { Deadline } from '../deadline.ts';
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
  readonly #answer = new Deadline();
  readonly #interval: NodeJS.Timeout;
  #value = 0;

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
    if (value === this.#value) this.#answer.clear();
  }

  stop(): void {
    clearInterval(this.#interval);
    this.#answer.clear();
  }

  /** One question at a time: what is owed an answer is not asked again. */
  #ask(): void {
    if (this.#answer.isSet) return;
    this.#value = this.#value === MOST ? 0 : this.#value + 1;
    this.#answer.set(this.#deadline, this.#silent);
    this.#ping(this.#value);
  }
}
