import { performance } from 'node:perf_hooks';
import type { WriteStream } from 'node:tty';
import type { AgentStatus } from '../agent/status.ts';
import type { Log } from '../log/log.ts';
import { Meter } from './meter.ts';
import { draw, type LogLine } from './picture.ts';
import { Screen } from './screen.ts';
import { styleOf } from './style.ts';

/** Milliseconds between two frames, and between two looks at what moves without an event. */
const FRAME = 250;
const LOOK = 1_000;

/** Lines of the log that are kept, and of these the ones that stay behind on the terminal. */
const MOST_KEPT = 200;
const LAST_WORDS = 20;

/** What agents do, on a terminal, as it changes. */
export class LiveView {
  readonly #terminal: WriteStream;
  readonly #lastWords: Log;
  readonly #style = styleOf(process.env);
  readonly #meters = new Map<string, Meter>();
  readonly #atExit = () => this.close();
  #services: () => ReadonlyMap<string, AgentStatus> = () => new Map();
  #log: LogLine[] = [];
  #screen: Screen | undefined;
  #looking: NodeJS.Timeout | undefined;
  #next: NodeJS.Timeout | undefined;
  #drawn = Number.NEGATIVE_INFINITY;

  /** @param lastWords - gets the last lines of the log, when the terminal is as it was */
  constructor(terminal: WriteStream, lastWords: Log) {
    this.#terminal = terminal;
    this.#lastWords = lastWords;
    // Ahead of whoever sends off what that log has gathered.
    process.prependListener('exit', this.#atExit);
  }

  /** In place of the log that would go to the terminal. */
  readonly log: Log = (level, sentence) => {
    if (level === 'debug') return;
    this.#log = [...this.#log.slice(1 - MOST_KEPT), { at: new Date(), level, sentence }];
    this.#change();
  };

  /** @param services - asked at each look, by what each is called */
  show(services: () => ReadonlyMap<string, AgentStatus>): void {
    this.#services = services;
    this.#screen = new Screen(this.#terminal, () => this.#change());
    this.#looking = setInterval(() => this.#look(), LOOK).unref();
    this.#look();
  }

  close(): void {
    process.off('exit', this.#atExit);
    clearInterval(this.#looking);
    clearTimeout(this.#next);
    this.#screen?.close();
    this.#screen = undefined;
    for (const { level, sentence } of this.#log.splice(0).slice(-LAST_WORDS)) {
      this.#lastWords(level, sentence);
    }
  }

  #look(): void {
    const services = this.#services();
    for (const name of this.#meters.keys()) if (!services.has(name)) this.#meters.delete(name);
    for (const [name, status] of services) {
      const meter = this.#meters.get(name) ?? new Meter();
      this.#meters.set(name, meter);
      meter.look(status, performance.now());
    }
    this.#change();
  }

  /** Draws soon, but not too often. */
  #change(): void {
    if (this.#screen === undefined || this.#next !== undefined) return;
    const wait = Math.max(0, this.#drawn + FRAME - performance.now());
    this.#next = setTimeout(() => this.#draw(), wait).unref();
  }

  #draw(): void {
    this.#next = undefined;
    this.#drawn = performance.now();
    if (this.#screen === undefined) return;
    const services = [...this.#services()].map(([name, status]) => ({
      ...{ name, status },
      rates: this.#meters.get(name)?.rates,
    }));
    const picture = { services, log: this.#log, now: new Date() };
    this.#screen.draw(draw(picture, this.#screen.size, this.#style));
  }
}
