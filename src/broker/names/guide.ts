import { performance } from 'node:perf_hooks';
import type { StreamSocket } from '../../data-plane/data-plane.ts';
import { reset } from '../../data-plane/portable/reset.ts';
import type { Directory } from '../../directory/directory.ts';
import { WaitingRoom } from '../../directory/fleet/waiting-room.ts';
import type { Member } from '../../directory/member.ts';
import type { Passage } from '../../links/forwarding.ts';
import type { NamedService, Services, Visit } from './named-service.ts';
import type { Names } from './names.ts';

/** Clients that wait at one time until it is known where they are to go. */
const MOST_WAITING = 1000;

/**
 * Milliseconds until a member is tried again that could not be reached, or has not got what the directory says: others
 * may be told that it has a name before it is told so itself. They double up to the longest.
 */
const RETRY = 25;
const LONGEST_RETRY = 250;

/** Takes clients to other members. */
export interface Onward {
  /** Unless it is `taken`, the client is as it was. */
  forward(
    member: Member,
    name: string,
    client: StreamSocket,
    begun: Visit | undefined,
  ): Promise<Passage>;
}

/** Brings clients that ask for a name to whoever serves it, here or elsewhere, and has them wait while that moves. */
export class Guide implements Services {
  readonly #names: Names;
  readonly #onward: Onward;
  readonly #patience: () => number;
  readonly #stopWatching: (() => void)[];
  /** Whoever waits does so for a name. */
  readonly #room = new WaitingRoom();
  #waiting = 0;
  #underWay = 0;
  /** When a client asked for a name last, or got somewhere. */
  #lastAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  /** @param patience - milliseconds that a client waits at most */
  constructor(names: Names, directory: Directory, onward: Onward, patience: () => number) {
    this.#names = names;
    this.#onward = onward;
    this.#patience = patience;
    const lookAgain = () => this.#room.happenedAll();
    this.#stopWatching = [
      names.watch((name) => this.#room.happened(name)),
      directory.watch({
        changed: (kind, id) => kind === 'name' && this.#room.happened(id),
        // All others are heard of twice a second, and mostly of no concern to anybody who waits.
        memberChanged: ({ state }) => state === 'gone' && lookAgain(),
        tenure: lookAgain,
      }),
    ];
  }

  /** Clients that wait at the moment. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Clients that have not got anywhere yet, those included that are offered to another member. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Milliseconds since there was a client, on its way or asking for a name. */
  get quietFor(): number {
    return this.#underWay > 0 ? 0 : performance.now() - this.#lastAt;
  }

  find(name: string): NamedService | undefined {
    this.#lastAt = performance.now();
    const route = this.#names.routeOf(name);
    switch (route.to) {
      case 'here':
        return route.service;
      case 'nowhere':
        return route.because === 'unknown' ? undefined : NOBODY;
      default:
        return {
          isAvailable: true,
          enter: (client, begun) => {
            this.#underWay += 1;
            void this.#bring(name, client, begun).finally(() => {
              this.#underWay -= 1;
              this.#lastAt = performance.now();
            });
          },
        };
    }
  }

  /** Whoever still waits is reset. */
  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stopWatching) stop();
    this.#room.happenedAll();
  }

  async #bring(name: string, client: StreamSocket, begun: Visit | undefined): Promise<void> {
    const deadline = performance.now() + this.#patience();
    let retry = RETRY;
    while (!client.destroyed) {
      const route = this.#names.routeOf(name);
      if (route.to === 'here') {
        route.service.enter(client, begun);
        return;
      }
      if (route.to === 'there') {
        const passage = await this.#onward.forward(route.member, name, client, begun);
        if (passage === 'taken') return;
        if (passage === 'away') {
          turnAway(client, begun);
          return;
        }
      }
      if (route.to === 'nowhere' && route.because === 'away') {
        turnAway(client, begun);
        return;
      }
      // Whoever waits for the name itself is told of it.
      const isThere = route.to === 'there';
      const pause = isThere ? retry : LONGEST_RETRY;
      retry = isThere ? Math.min(2 * retry, LONGEST_RETRY) : RETRY;
      if (route.to === 'nowhere' || !(await this.#wait(name, deadline, pause))) reset(client);
    }
  }

  /** Resolves when it is worth looking again, with false when it is too late for that. */
  async #wait(name: string, deadline: number, pause: number): Promise<boolean> {
    const left = deadline - performance.now();
    if (left <= 0 || this.#isClosed || this.#waiting >= MOST_WAITING) return false;
    this.#waiting += 1;
    await this.#room.wait([name], Math.min(left, pause));
    this.#waiting -= 1;
    return !this.#isClosed;
  }
}

function turnAway(client: StreamSocket, begun: Visit | undefined): void {
  if (begun?.turnAway !== undefined && !client.destroyed) begun.turnAway();
  else reset(client);
}

/** Has the name, and nobody there to serve it. */
const NOBODY: NamedService = { isAvailable: false, enter: (client) => reset(client) };
