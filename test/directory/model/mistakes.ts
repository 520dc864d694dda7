import { Clock } from '#src/directory/tenure/clock.ts';
import { Round } from '#src/directory/tenure/round.ts';
import { type Renewal, Tenure } from '#src/directory/tenure/tenure.ts';
import { PATIENCE, WITHOUT_STORE } from '#src/directory/tenure/times.ts';
import { type Sight, Vigil } from '#src/directory/tenure/vigil.ts';
import type { Rule } from './process.ts';
import { THE_RULE } from './scenario.ts';

/** Counts out before the tenure is over. */
class Impatient extends Vigil {
  override delay(now: number): number {
    return super.delay(now) - PATIENCE / 2;
  }
}

class Forgetful extends Vigil {
  override promise(): boolean {
    return true;
  }
}

/** Promises though it may have ended the session already. */
class Hasty extends Vigil {
  override end(): number {
    const revision = super.end();
    super.refused(revision);
    return revision;
  }
}

/** Takes a process that was here by its name before for one that sent nothing. */
class Trusting extends Vigil {
  constructor(sight: Sight, now: number) {
    super({ ...sight, revision: sight.revision - 1 }, now);
    super.seen(sight, now);
  }
}

/** Does not wait for longer where nobody asks for its promise. */
class Stranger extends Vigil {
  constructor(sight: Sight, now: number) {
    super({ ...sight, isListed: true }, now);
  }

  override seen(sight: Sight, now: number): void {
    super.seen({ ...sight, isListed: true }, now);
  }
}

/** Asks only those whom the last entry lists that it knows to be written. */
class Shortsighted extends Tenure {
  #knows: ReadonlySet<string> = new Set();

  override granted(renewal: Renewal): void {
    super.granted(renewal);
    this.#knows = renewal.knows;
  }

  override ask(now: number): Round {
    const round = new Round(this.#knows, now);
    this.promised(round, '');
    return round;
  }
}

class Undemanding extends Tenure {
  override ask(now: number): Round {
    const round = super.ask(now);
    for (const member of round.missing.slice(1)) round.promised(member);
    return round;
  }
}

/** Counts from the answer. */
class Late extends Tenure {
  readonly #now: () => number;

  constructor(now: () => number) {
    super();
    this.#now = now;
  }

  override granted(renewal: Renewal): void {
    super.granted({ ...renewal, sentAt: this.#now() });
  }
}

/** Each is a rule that is wrong in one thing. */
export const MISTAKES: Record<string, Rule> = {
  'patience is shorter than a tenure': {
    ...THE_RULE,
    vigil: (sight, now) => new Impatient(sight, now),
  },
  'promises are forgotten': { ...THE_RULE, vigil: (sight, now) => new Forgetful(sight, now) },
  'a promise is given while the end is under way': {
    ...THE_RULE,
    vigil: (sight, now) => new Hasty(sight, now),
  },
  'a new process promises though the one before may have sent the end': {
    ...THE_RULE,
    vigil: (sight, now) => new Trusting(sight, now),
  },
  'a member that is not asked for promises does not wait for longer': {
    ...THE_RULE,
    vigil: (sight, now) => new Stranger(sight, now),
  },
  'a renewal whose answer was lost is forgotten': { ...THE_RULE, tenure: () => new Shortsighted() },
  'one promise is taken for those of all': { ...THE_RULE, tenure: () => new Undemanding() },
  'a clock forgets for how long the machine was suspended': {
    ...THE_RULE,
    clock: (read) => new Clock(() => ({ ...read(), wall: 0 })),
  },
  'a tenure counts from the answer': { ...THE_RULE, tenure: (now) => new Late(now) },
};

/** As long by its own clock as a tenure by promises, no matter how clocks differ. */
export class Hurried extends Vigil {
  readonly #isListed: boolean;
  #seenAt: number;

  constructor(sight: Sight, now: number) {
    super(sight, now);
    this.#isListed = sight.isListed;
    this.#seenAt = now;
  }

  override seen(sight: Sight, now: number): void {
    super.seen(sight, now);
    this.#seenAt = now;
  }

  override delay(now: number): number {
    if (this.#isListed) return super.delay(now);
    return this.#seenAt + WITHOUT_STORE + PATIENCE - now;
  }
}
