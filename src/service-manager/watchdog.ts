/**
 * Gives signs of life at half the time that the service manager waits for one,
 * each only once everything has answered: an event loop that hangs asks nobody,
 * and a thread that hangs does not answer.
 */
export class Watchdog {
  readonly #timer: NodeJS.Timeout;
  #isAsking = false;

  /** @param patience - milliseconds that the service manager waits */
  constructor(patience: number, everythingAnswers: () => Promise<unknown>, sign: () => void) {
    this.#timer = setInterval(() => {
      if (this.#isAsking) return;
      this.#isAsking = true;
      everythingAnswers().then(() => {
        this.#isAsking = false;
        sign();
      }, ignored);
    }, patience / 2).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** What cannot answer is as good as what does not. */
function ignored(): void {}
