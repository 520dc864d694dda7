import { Deadline } from '../../deadline.ts';

/** Seconds between two signs of life, whatever a relay asks for: no flood, and nothing that a timer cannot hold. */
const HEARTBEATS = { least: 0.01, most: 3600 };

/** Seconds of silence that a relay may have at most. */
const LONGEST_SILENCE = 4 * HEARTBEATS.most;

/** Signs of life both ways: sends ours, and tells when the relay's stay away. */
export class Heartbeat {
  readonly #beat: NodeJS.Timeout;
  readonly #silent: () => void;
  readonly #silence = new Deadline();
  /** Milliseconds. */
  readonly #patience: number;

  /** @param granted - what the relay asks for, in seconds */
  constructor(
    granted: { heartbeat: number; deadline: number },
    act: { beat: () => void; silent: () => void },
  ) {
    const heartbeat = between(HEARTBEATS.least, granted.heartbeat, HEARTBEATS.most);
    this.#patience = between(2 * heartbeat, granted.deadline, LONGEST_SILENCE) * 1000;
    this.#silent = act.silent;
    this.#beat = setInterval(act.beat, heartbeat * 1000);
    this.listen();
  }

  /** Something came. */
  heard(): void {
    if (this.#silence.isSet) this.#silence.set(this.#patience, this.#silent);
  }

  /** Nobody reads, so that silence tells nothing. */
  ignore(): void {
    this.#silence.clear();
  }

  /** Somebody reads, from now on. */
  listen(): void {
    if (!this.#silence.isSet) this.#silence.set(this.#patience, this.#silent);
  }

  stop(): void {
    clearInterval(this.#beat);
    this.ignore();
  }
}

function between(least: number, value: number, most: number): number {
  return Math.min(Math.max(least, value), most);
}
