/** The timeout of a socket: tells when nothing has moved for a while, and again when something has since. */
export class IdleTimer {
  readonly #expired: () => void;
  #timer: NodeJS.Timeout | undefined;
  #milliseconds: number | undefined;

  constructor(expired: () => void) {
    this.#expired = expired;
  }

  /** 0 for none; undefined while none was ever set. */
  get milliseconds(): number | undefined {
    return this.#milliseconds;
  }

  set(milliseconds: number): void {
    this.#milliseconds = milliseconds;
    this.stop();
    // As with sockets, it keeps no process alive.
    if (milliseconds > 0) this.#timer = setTimeout(this.#expired, milliseconds).unref();
  }

  /** Something moved. */
  refresh(): void {
    this.#timer?.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
