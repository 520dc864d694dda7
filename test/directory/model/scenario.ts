import { Clock } from '#src/directory/tenure/clock.ts';
import { Tenure } from '#src/directory/tenure/tenure.ts';
import { Vigil } from '#src/directory/tenure/vigil.ts';
import fc from '../../support/properties.ts';
import { Machine } from './machine.ts';
import { Network } from './network.ts';
import { Process, type Rule, Tally } from './process.ts';
import { ModelStore } from './store.ts';
import { World } from './world.ts';

const MEMBERS = ['a', 'b', 'c'];
/** Comes when the others may be unable to hear of it. */
const NEWCOMER = 'n';
const NAMES = ['x', 'y'];

/** The rule as it is. */
export const THE_RULE: Rule = {
  tenure: () => new Tenure(),
  vigil: (sight, now) => new Vigil(sight, now),
  clock: (read) => new Clock(read),
};

const member = fc.constantFrom(...MEMBERS);
const name = fc.constantFrom(...NAMES);
const duration = fc.oneof(fc.integer({ min: 10, max: 1500 }), fc.integer({ min: 1500, max: 9000 }));

const misfortune = fc.oneof(
  fc.record({ what: fc.constantFrom('pause', 'suspend', 'deafen', 'slow'), member, duration }),
  fc.record({ what: fc.constant('cut off'), member, duration }),
  fc.record({ what: fc.constant('part'), member, duration, from: member }),
  fc.record({ what: fc.constantFrom('restart', 'leave'), member, duration }),
  fc.record({ what: fc.constantFrom('no store', 'newcomer'), duration }),
  fc.record({ what: fc.constantFrom('release', 'move'), member, name }),
  fc.record({ what: fc.constant('set clock'), member, by: fc.integer({ min: -9000, max: 9000 }) }),
);

export interface Step {
  after: number;
  act: {
    what: string;
    member?: string;
    name?: string;
    from?: string;
    duration?: number;
    by?: number;
  };
}

export interface Scenario {
  seed: number;
  /** Of the clocks, in the order of the members; that of the newcomer is the last. */
  rates: number[];
  steps: Step[];
}

/** What chance finds too seldom: it goes wrong only if several things come together. */
const PLOTS: Step[][] = [
  // b's end of a's session is on the way while b and a can talk again.
  [
    { after: 0, act: { what: 'cut off', member: 'a', duration: 9000 } },
    { after: 0, act: { what: 'part', member: 'a', from: 'b', duration: 3600 } },
    { after: 2900, act: { what: 'slow', member: 'b', duration: 3000 } },
  ],
  // So it is, while b itself is gone, and another process by its name is there.
  [
    { after: 0, act: { what: 'cut off', member: 'a', duration: 9000 } },
    { after: 0, act: { what: 'part', member: 'a', from: 'b', duration: 3300 } },
    { after: 2900, act: { what: 'slow', member: 'b', duration: 3000 } },
    { after: 700, act: { what: 'restart', member: 'b', duration: 100 } },
  ],
  // a has listed the newcomer, but cannot know that.
  [
    { after: 0, act: { what: 'newcomer' } },
    { after: 300, act: { what: 'deafen', member: 'a', duration: 9000 } },
  ],
];

const plots = fc
  .tuple(fc.constantFrom(...PLOTS), fc.array(fc.nat(600), { minLength: 4, maxLength: 4 }))
  .map(([plot, shifts]) =>
    plot.map((step, n) => ({ ...step, after: step.after + (shifts[n] ?? 0) })),
  );

const accidents = fc.array(
  fc.record({ after: fc.oneof(fc.nat(300), fc.nat(4000)), act: misfortune }),
  { maxLength: 14 },
);

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.integer(),
  // As far apart as the times of the rule allow, and no further.
  rates: fc.array(fc.constantFrom(0.81, 0.9, 1, 1.1, 1.19), { minLength: 4, maxLength: 4 }),
  steps: fc.oneof({ weight: 3, arbitrary: accidents }, { weight: 1, arbitrary: plots }),
});

/** Plays a scenario. Answers what was wrong, which is nothing. */
export class Play {
  readonly faults: string[] = [];
  readonly tally = new Tally();
  readonly #world: World;
  readonly #network: Network;
  readonly #machines = new Map<string, Machine>();
  readonly #running = new Map<string, Process>();
  readonly #fleet: ConstructorParameters<typeof Process>[2];
  readonly #generations = new Map<string, number>();
  #processes = 0;

  constructor({ seed, rates }: Scenario, rule: Rule) {
    this.#world = new World(seed);
    this.#network = new Network(this.#world);
    this.#fleet = {
      rule,
      store: new ModelStore(),
      network: this.#network,
      running: this.#running,
      tally: this.tally,
      names: NAMES,
    };
    for (const [n, called] of [...MEMBERS, NEWCOMER].entries()) {
      this.#machines.set(called, new Machine(called, rates[n] ?? 1, this.#world));
    }
    for (const called of MEMBERS) this.#start(called);
    this.#world.onEvent = () => this.#check();
  }

  static of(scenario: Scenario, rule: Rule): Play {
    const play = new Play(scenario, rule);
    // Long enough for all to know each other.
    let time = 2500;
    for (const { after, act } of scenario.steps) {
      time += after;
      play.#world.run(time);
      play.#world.time = time;
      play.#do(act);
    }
    play.#world.run(time + 10_000);
    return play;
  }

  #start(called: string): void {
    const machine = this.#machines.get(called);
    if (!machine || this.#running.has(called)) return;
    this.#processes += 1;
    new Process(machine, `${called}${this.#processes}`, this.#fleet);
  }

  #do({
    what,
    member: called = NEWCOMER,
    name: id = '',
    from,
    duration: lasts = 0,
    by = 0,
  }: Step['act']) {
    const [machine, process] = [this.#machines.get(called), this.#running.get(called)];
    if (what === 'pause') machine?.pause(lasts);
    else if (what === 'suspend') machine?.suspend(lasts);
    else if (what === 'set clock') machine?.setWall(by, () => process?.look());
    else if (what === 'part') this.#network.part(called, from ?? called, lasts);
    else if (what === 'cut off') this.#network.cutOff(called, lasts);
    else if (what === 'deafen') this.#network.deafen(called, lasts);
    else if (what === 'slow') this.#network.slow(called, lasts);
    else if (what === 'no store') this.#network.stopStore(lasts);
    else if (what === 'newcomer') this.#start(NEWCOMER);
    else if (what === 'release') process?.release(id);
    else if (what === 'move') process?.move(id);
    else {
      if (what === 'leave') process?.leave();
      else process?.crash();
      this.#world.after(lasts, () => this.#start(called));
    }
  }

  /** Of the instants between two events none has to be looked at: what holds in one has held since the event before. */
  #check(): void {
    for (const id of NAMES) {
      const serving = [...this.#running].flatMap(([called, process]) => {
        const generation = process.serves(id);
        return generation === undefined ? [] : [{ called, generation }];
      });
      if (serving.length > 1) this.#fault(`${id} is served by ${serving.map((s) => s.called)}`);
      const generation = serving[0]?.generation ?? 0;
      const last = this.#generations.get(id) ?? 0;
      if (serving.length > 0 && generation < last) this.#fault(`${id} is older than it was`);
      this.#generations.set(id, Math.max(generation, last));
    }
  }

  #fault(what: string): void {
    this.faults.push(`${Math.round(this.#world.time)} ms: ${what}`);
  }
}
