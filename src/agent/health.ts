import { get } from 'node:http';
import type { Endpoint } from '../data-plane/data-plane.ts';
import { failure } from '../data-plane/failure.ts';
import { reasonOf } from '../errors.ts';
import { parseHealth } from '../options/agent-options.ts';
import { reach } from './reach.ts';

/** Milliseconds between two checks, and those that one may take. */
const INTERVAL = 5000;
const TIMEOUT = 5000;

/** Failures in a row after which a target that was up counts as down: one may be chance. */
const MOST_FAILURES = 2;

/** Checks a target every now and then: whether it is up, as of the last checks. */
export class Health {
  /** Why the target is down; undefined while it is up. */
  reason: string | undefined;
  readonly #reach: (signal: AbortSignal) => Promise<void>;
  readonly #onChange: (reason: string | undefined) => void;
  #failures = MOST_FAILURES - 1;
  #timer: NodeJS.Timeout | undefined;
  #underWay = new AbortController();
  #stopped = false;

  /** @param check - `tcp` or `http:/<path>` */
  constructor(target: Endpoint, check: string, onChange: (reason: string | undefined) => void) {
    const path = parseHealth(check)?.path;
    this.#reach = (signal) =>
      path === undefined ? reach(target, signal) : fetchPath(target, path, signal);
    this.#onChange = onChange;
  }

  /** Resolves when the first check is over, of which one failure is enough: nobody has seen the target up yet. */
  async start(): Promise<void> {
    await this.check();
    if (!this.#stopped) this.#timer = setTimeout(() => void this.start(), INTERVAL);
  }

  /** Checks once. */
  async check(): Promise<void> {
    this.#underWay = new AbortController();
    const timer = setTimeout(() => this.#underWay.abort(), TIMEOUT);
    const failure = await this.#reach(this.#underWay.signal).then(
      () => undefined,
      (error: unknown) => reasonOf(error),
    );
    clearTimeout(timer);
    if (!this.#stopped) this.#judge(failure);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#underWay.abort();
  }

  #judge(failure: string | undefined): void {
    this.#failures = failure === undefined ? 0 : this.#failures + 1;
    const reason = this.#failures >= MOST_FAILURES ? failure : undefined;
    const wasDown = this.reason !== undefined;
    this.reason = reason;
    if (wasDown !== (reason !== undefined)) this.#onChange(reason);
  }
}

/** Fails unless the answer is a 2xx or a 3xx. */
function fetchPath(target: Endpoint, path: string, signal: AbortSignal): Promise<void> {
  const at = 'path' in target ? { socketPath: target.path } : target;
  return new Promise((resolve, reject) => {
    const request = get({ ...at, path, agent: false, signal }, (response) => {
      const { statusCode = 0 } = response;
      const isGood = statusCode >= 200 && statusCode < 400;
      // A body without end ends when the time is over; the status counts all the same.
      response.on('error', () => {}).resume();
      response.once('close', () => {
        if (isGood) resolve();
        else reject(failure('HTTP', `it answered with status ${statusCode}`));
      });
    });
    request.on('error', (error) =>
      reject(signal.aborted ? failure('ETIMEDOUT', 'no answer in time') : error),
    );
  });
}
