import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { type TestContext, test } from 'node:test';
import type { Claim } from '#src/directory/directory.ts';
import { FleetDirectory } from '#src/directory/fleet-directory.ts';
import type { NameRecord } from '#src/directory/records.ts';
import { selfOf } from '../support/fleet-members.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { RoughStore } from './model/rough-store.ts';
import { World } from './model/world.ts';

const MEMBERS = ['a:1', 'b:1', 'c:1'];
const NAMES = ['x', 'y'];
const HEIR = 'whoever comes';

/** Milliseconds of one step, and steps of one play. */
const STEP = 10;
const STEPS = 3000;

/** Whether a member means what it promises. */
type Promising = 'earnest' | 'idle';

/** A member that wants every name, and knows which it would serve. */
class Player {
  readonly name: string;
  readonly store: RoughStore;
  readonly directory: FleetDirectory;
  readonly #claims = new Map<string, { claim: Claim<'name'>; isOpen: boolean }>();
  readonly #claiming = new Set<string>();

  constructor(name: string, store: RoughStore, directory: FleetDirectory) {
    this.name = name;
    this.store = store;
    this.directory = directory;
  }

  serves(name: string): number | undefined {
    const held = this.#claims.get(name);
    return held?.isOpen && this.directory.holds ? held.claim.generation : undefined;
  }

  async want(name: string): Promise<void> {
    if (this.#claims.has(name) || this.#claiming.has(name)) return;
    this.#claiming.add(name);
    const claim = await this.directory.claim('name', name, record('open'), HEIR);
    this.#claiming.delete(name);
    if ('refused' in claim) return;
    const held = { claim, isOpen: true };
    this.#claims.set(name, held);
    void claim.lost.then(() => {
      if (this.#claims.get(name) === held) this.#claims.delete(name);
    });
  }

  release(name: string): void {
    const held = this.#claims.get(name);
    this.#claims.delete(name);
    void held?.claim.release();
  }

  /** Offers it to the others; takes that back when it is nobody else's after a while. */
  move(name: string): void {
    const held = this.#claims.get(name);
    if (!held?.isOpen) return;
    held.isOpen = false;
    held.claim.update(record('moving'));
    setTimeout(() => {
      held.claim.update(record('open'));
      held.claim.recorded().then(
        () => {
          held.isOpen = true;
        },
        () => {},
      );
    }, 1000);
  }
}

function record(offer: NameRecord['offer']): NameRecord {
  return { offer, heir: HEIR };
}

/** Has half a minute pass in which much goes wrong. Answers what was wrong with the directories. */
async function play(t: TestContext, seed: number, promising: Promising): Promise<string[]> {
  const chance = new World(seed);
  const faults = new Set<string>();
  const memory = new MemoryStore();
  const players: Player[] = [];
  const parted = new Set<string>();
  const generations = new Map<string, number>();
  let time = 1000;
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
  const clock = t.mock.method(performance, 'now', () => time);

  const join = async (name: string) => {
    const store = new RoughStore(memory, () => chance.chance());
    const directory = await FleetDirectory.join(store, selfOf(name), {
      lease: 5,
      ask: async (member, session) => {
        const asked = players.find((player) => player.name === member.name);
        const answer = !parted.has([name, member.name].sort().join()) && asked !== undefined;
        if (!answer || promising === 'idle') return answer;
        return asked.directory.promise(session);
      },
      report: () => {},
    });
    players.push(new Player(name, store, directory));
  };
  for (const name of MEMBERS) void join(name).catch(() => {});

  const pick = <T>(from: readonly T[]): T | undefined =>
    from[Math.floor(chance.chance() * from.length)];
  const misfortune = () => {
    const player = pick(players);
    const lasts = 100 + chance.chance() ** 2 * 9000;
    const what = chance.chance();
    const name = pick(NAMES) ?? '';
    if (player === undefined) return;
    if (what < 0.25) player.store.cutOff(lasts);
    else if (what < 0.4) player.store.slow(lasts);
    else if (what < 0.5) for (const each of players) each.store.cutOff(lasts);
    else if (what < 0.65) {
      const path = [player.name, pick(MEMBERS) ?? ''].sort().join();
      parted.add(path);
      setTimeout(() => parted.delete(path), lasts);
    } else if (what < 0.78) player.release(name);
    else if (what < 0.92) player.move(name);
    else {
      players.splice(players.indexOf(player), 1);
      // As if it was killed.
      if (what > 0.96) player.store.cutOff(1_000_000);
      void player.directory.leave();
      setTimeout(() => void join(player.name).catch(() => {}), lasts);
    }
  };

  for (let step = 0; step < STEPS; step += 1) {
    time += STEP;
    t.mock.timers.tick(STEP);
    await new Promise((resolve) => setImmediate(resolve));
    if (chance.chance() < 0.01 && step > 300) misfortune();
    if (chance.chance() < 0.05) void pick(players)?.want(pick(NAMES) ?? '');
    for (const name of NAMES) {
      const serving = players.flatMap((player) => {
        const generation = player.serves(name);
        return generation === undefined ? [] : [{ by: player.name, generation }];
      });
      if (serving.length > 1)
        faults.add(`${name} is served by ${serving.map(({ by }) => by)}, ${step}`);
      const last = generations.get(name) ?? 0;
      for (const { generation } of serving) {
        if (generation < last) faults.add(`${name} is older than it was, ${step}`);
        generations.set(name, Math.max(generation, last));
      }
    }
  }
  for (const { directory } of players) void directory.leave();
  t.mock.timers.tick(20_000);
  await new Promise((resolve) => setImmediate(resolve));
  t.mock.timers.reset();
  clock.mock.restore();
  return [...faults];
}

test('no two members serve one name, whatever becomes of the store and the ways there', async (t) => {
  for (let seed = 1; seed <= 5; seed += 1) {
    assert.deepEqual(await play(t, seed, 'earnest'), [], `seed ${seed}`);
  }
});

test('two do that if promises are worth nothing, and that is found', async (t) => {
  const faults: string[] = [];
  for (let seed = 1; seed <= 10 && faults.length === 0; seed += 1) {
    faults.push(...(await play(t, seed, 'idle')));
  }
  assert.notDeepEqual(faults, []);
});
