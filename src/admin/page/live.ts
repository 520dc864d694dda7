import { ask } from './feed/api.ts';
import { Feed } from './feed/feed.ts';
import { keepToken, keptToken } from './feed/token.ts';
import type { PastMoment, Registration, Snapshot } from './feed/wire.ts';
import { Gauges } from './model/gauges.ts';
import { Opened } from './opened.ts';

/** How it stands with the connection to the broker. */
export type Link =
  | { state: 'connecting' }
  | { state: 'live' }
  | { state: 'lost'; since: Date; reason: string }
  | { state: 'locked'; isWrong: boolean };

/** The broker tells of the connections of so many registrations at one time. */
const MOST_OPEN = 8;

/** What is known of the broker, kept up to date as long as the page is open. */
export class Live {
  link: Link = { state: 'connecting' };
  snapshot: Snapshot | undefined;
  /** When another process answered than before. */
  restarted: Date | undefined;
  readonly gauges = new Gauges();
  /** Registrations whose connections are shown, by id. */
  readonly opened = new Map<number, Opened>();
  readonly #feed = new Feed({
    snapshot: (snapshot) => this.#take(snapshot),
    connections: (connections) => {
      this.opened.get(connections.registration)?.take(connections);
      this.#changed();
    },
    lost: (reason) => this.#lose(reason),
    locked: () => {
      this.gauges.history.interrupt();
      this.#stand({ state: 'locked', isWrong: keptToken() !== null });
    },
  });
  #changed = () => {};

  /** @param changed - called from now on when there is something new to show */
  follow(changed: () => void): void {
    this.#changed = changed;
    void this.#feed.run();
  }

  /** Without a token the broker lets everybody look, and nobody change anything. */
  get canAct(): boolean {
    return this.link.state === 'live' && keptToken() !== null;
  }

  unlock(token: string): void {
    keepToken(token);
    this.#stand({ state: 'connecting' });
    this.#feed.retry();
  }

  /** Shows the connections of this registration, or no longer. */
  toggle(registration: number): void {
    if (!this.opened.delete(registration)) {
      const [eldest] = this.opened.size < MOST_OPEN ? [] : this.opened.keys();
      if (eldest !== undefined) this.opened.delete(eldest);
      this.opened.set(registration, new Opened());
    }
    this.#feed.watch(this.opened.keys());
    this.#changed();
  }

  dismissRestart(): void {
    this.restarted = undefined;
    this.#changed();
  }

  #take(snapshot: Snapshot): void {
    const before = this.snapshot;
    if (before && before.status.started !== snapshot.status.started) {
      this.#beginAnew(before.registrations, snapshot);
    }
    if (this.link.state !== 'live') void this.#recall();
    this.gauges.read(snapshot);
    this.snapshot = snapshot;
    this.#stand({ state: 'live' });
  }

  /** Without it, there is just less to see. */
  async #recall(): Promise<void> {
    const answer = await ask('GET', 'past').catch(() => undefined);
    const moments = (await answer?.json().catch(() => undefined)) as PastMoment[] | undefined;
    if (moments) this.gauges.recall(moments);
  }

  /** Counters and ids of a broker say nothing of those of the next; services are told by name and port. */
  #beginAnew(before: Registration[], { status, registrations }: Snapshot): void {
    this.restarted = new Date(status.started);
    this.gauges.beginAnew();
    const opened = before.filter(({ info }) => this.opened.has(info.id)).map(serviceIn);
    this.opened.clear();
    for (const each of registrations) {
      if (opened.includes(serviceIn(each))) this.opened.set(each.info.id, new Opened());
    }
    this.#feed.watch(this.opened.keys());
  }

  #lose(reason: string): void {
    this.gauges.history.interrupt();
    const since = this.link.state === 'lost' ? this.link.since : new Date();
    this.#stand({ state: 'lost', since, reason });
  }

  #stand(link: Link): void {
    this.link = link;
    this.#changed();
  }
}

function serviceIn({ info }: Registration): string {
  return `${info.name} ${info.clientPort}`;
}
