import type { ServiceEnvironment } from './environment.ts';
import { NotifySocket } from './notify-socket.ts';
import { Watchdog } from './watchdog.ts';

/** Milliseconds between two statuses: they are for people to read. */
const STATUS_INTERVAL = 1000;

/** systemd, or whoever else speaks sd_notify(3), as the service that it has started sees it. */
export class ServiceManager {
  readonly #socket: NotifySocket;
  readonly #patience: number | undefined;
  readonly #unheard: () => void;
  #watchdog: Watchdog | undefined;
  #status: NodeJS.Timeout | undefined;
  #isReloading = false;
  #isClosed = false;

  /** @param unheard - called each time that a message was not taken */
  constructor(
    path: string,
    { watchdog }: Pick<ServiceEnvironment, 'watchdog'>,
    unheard: () => void,
  ) {
    this.#socket = new NotifySocket(path);
    this.#patience = watchdog;
    this.#unheard = unheard;
  }

  /** Starts to give signs of life, if any are asked for, each once everything has answered. */
  watch(everythingAnswers: () => Promise<unknown>): void {
    if (this.#patience === undefined || this.#watchdog !== undefined) return;
    const sign = () => this.#say('WATCHDOG=1');
    this.#watchdog = new Watchdog(this.#patience, everythingAnswers, sign);
  }

  /** The service has started. */
  ready(status: string): void {
    this.#say('READY=1', `STATUS=${status}`);
  }

  /** It has been asked to read its configuration again. The time lets the manager tell this from an answer to the time before. */
  reloading(): void {
    this.#isReloading = true;
    const now = process.hrtime.bigint() / 1000n;
    this.#say('RELOADING=1', `MONOTONIC_USEC=${now}`);
  }

  /** It has, for whatever reason, and with whatever result: what was there before goes on, if not something new. */
  reloaded(): void {
    if (this.#isReloading) this.#say('READY=1');
    this.#isReloading = false;
  }

  /** @param time - seconds that it will take at most, or until this is said again, which is then not too long for the manager */
  stopping(status: string, time: number): void {
    clearTimeout(this.#status);
    this.#say('STOPPING=1', `STATUS=${status}`, `EXTEND_TIMEOUT_USEC=${Math.ceil(time * 1e6)}`);
  }

  /** Another process is the main one of this service from now on. Of one that belongs to another service, the manager does not believe it. */
  succeededBy(pid: number): void {
    this.#say(`MAINPID=${pid}`);
  }

  /** Soon, and as it is then: much may happen at once. */
  status(current: () => string): void {
    this.#status ??= setTimeout(() => {
      this.#status = undefined;
      this.#say(`STATUS=${current()}`);
    }, STATUS_INTERVAL).unref();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#status);
    this.#watchdog?.close();
    this.#socket.close();
  }

  /** A status may quote what a stranger said, whose lines must not become fields. */
  #say(...fields: string[]): void {
    if (this.#isClosed) return;
    const lines = fields.map((field) => field.replaceAll(/[\r\n]+/g, ' '));
    if (!this.#socket.send(lines.join('\n'))) this.#unheard();
  }
}
