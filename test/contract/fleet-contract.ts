import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Store } from '#src/directory/store.ts';
import { claimed, LEASE, refused } from '../support/claims.ts';
import { comes, type FleetMember, TestFleet } from '../support/fleet-members.ts';

/** Opens one more way to the same store. */
export type StoreUnderTest = (t: TestContext) => Promise<() => Promise<Store>>;

const NAMES = ['a:8080', 'b:8080', 'c:8080'] as const;

/** What holds between the members of a fleet, whatever its store is. */
export function fleetContract(prepare: StoreUnderTest): void {
  async function twoMembers(t: TestContext, lease?: number) {
    const open = await prepare(t);
    const fleet = new TestFleet(t, lease);
    const [a, b] = [
      await fleet.join(NAMES[0], await open()),
      await fleet.join(NAMES[1], await open()),
    ];
    await knowEachOther(await open());
    return { fleet, a, b, open };
  }

  /** Whoever is not listed by another one has to wait for long. */
  async function knowEachOther(store: Store): Promise<void> {
    const listed = new Set<string>();
    await new Promise<void>((resolve) => {
      store.watch({
        begins: () => {},
        changed: (_, value = '') => {
          const { knows = [] } = JSON.parse(value);
          for (const name of knows) listed.add(name);
          if (listed.size === 2) resolve();
        },
        complete: () => {},
        away: () => {},
      });
    });
    await store.close();
  }

  /** As if its process was killed, or had no network any more. */
  async function vanish(fleet: TestFleet, { directory, store }: FleetMember): Promise<void> {
    fleet.cutOff.add(directory.self.name);
    await store.close();
  }

  test('what one member claims, the others see', async (t) => {
    const { a, b } = await twoMembers(t);
    const claim = await claimed(a.directory, 'name', 'web', { offer: 'open' });
    await comes(b.directory, () => b.directory.find('name', 'web') !== undefined);
    const found = b.directory.find('name', 'web');
    assert.equal(found?.member.name, NAMES[0]);
    assert.equal(found?.generation, claim.generation);
    claim.update({ offer: 'away' });
    await comes(b.directory, () => b.directory.find('name', 'web')?.record.offer === 'away');
    assert.equal(b.directory.find('name', 'web')?.generation, claim.generation);
    await claim.release();
    await comes(b.directory, () => b.directory.find('name', 'web') === undefined);
  });

  test('members know of each other, and what each says of itself', async (t) => {
    const { a, b } = await twoMembers(t);
    const news = { load: { registrations: 1, connections: 2 }, isDraining: true };
    a.directory.tell(news);
    const seen = () => b.directory.members().find(({ name }) => name === NAMES[0]);
    await comes(b.directory, () => seen()?.isDraining === true);
    assert.deepEqual(seen()?.load, news.load);
    assert.equal(seen()?.link.key, 'k'.repeat(43));
    assert.equal(b.directory.members()[0]?.name, NAMES[1]);
  });

  test('of members that claim the same at once, one has it and the other is told so', async (t) => {
    const { a, b } = await twoMembers(t);
    const names = Array.from({ length: 20 }, (_, i) => `web-${i}`);
    const all = names.map(async (name) => {
      const answers = await Promise.all(
        [a, b].map(({ directory }) => directory.claim('name', name, { offer: 'open' })),
      );
      const [refusal] = answers.filter((answer) => 'refused' in answer);
      assert.equal(answers.filter((answer) => !('refused' in answer)).length, 1, name);
      assert.equal(refusal && 'refused' in refusal && refusal.refused, 'taken');
    });
    await Promise.all(all);
  });

  test('who leaves has its name and leases inherited at once, by heirs alone', async (t) => {
    const { a, b } = await twoMembers(t);
    await claimed(a.directory, 'lease', 'l', LEASE);
    await claimed(a.directory, 'name', 'web', { offer: 'open', heir: 'l' });
    await claimed(a.directory, 'name', 'free', { offer: 'open' });
    await a.directory.leave();
    const seen = () => b.directory.find('name', 'web')?.member.state;
    await comes(b.directory, () => seen() === 'gone');
    const stranger = await refused(b.directory, 'name', 'web', { offer: 'open' }, 'm');
    assert.equal(stranger.refused, 'taken');
    await claimed(b.directory, 'lease', 'l', LEASE);
    await claimed(b.directory, 'name', 'web', { offer: 'open', heir: 'l' }, 'l');
    await claimed(b.directory, 'name', 'free', { offer: 'open' });
  });

  test('what is moving is taken by its heir while its member lives, which is told', async (t) => {
    const { a, b } = await twoMembers(t);
    const web = await claimed(a.directory, 'name', 'web', { offer: 'open', heir: 'l' });
    const lease = await claimed(a.directory, 'lease', 'l', LEASE);
    await comes(b.directory, () => b.directory.find('lease', 'l') !== undefined);
    assert.equal((await refused(b.directory, 'lease', 'l', LEASE)).refused, 'taken');
    web.update({ offer: 'moving', heir: 'l' });
    lease.update({ ...LEASE, moving: true });
    await Promise.all([web.recorded(), lease.recorded()]);
    await comes(b.directory, () => b.directory.find('lease', 'l')?.record.moving === true);
    await claimed(b.directory, 'lease', 'l', LEASE);
    const taken = await claimed(b.directory, 'name', 'web', { offer: 'open', heir: 'l' }, 'l');
    assert.equal((await web.lost)?.generation, taken.generation);
    assert.equal((await lease.lost)?.member.name, NAMES[1]);
    assert.ok(taken.generation > web.generation);
    await assert.rejects(web.recorded(), { code: 'E_DIRECTORY' });
  });

  test('of a member that vanishes, the heir has all once its tenure is over', async (t) => {
    const { fleet, a, b } = await twoMembers(t);
    await claimed(a.directory, 'name', 'web', { offer: 'open', heir: 'l' });
    await comes(b.directory, () => b.directory.find('name', 'web') !== undefined);
    await vanish(fleet, a);
    const answer = b.directory.claim('name', 'web', { offer: 'open', heir: 'l' }, 'l');
    const claim = await answer;
    assert.equal(a.directory.holds, false);
    assert.ok(!('refused' in claim), JSON.stringify(claim));
    assert.equal(b.directory.find('name', 'web')?.member.name, NAMES[1]);
  });

  test('what nobody inherits is anybody’s after a time, and then forgotten', async (t) => {
    const { a, b } = await twoMembers(t, 0.5);
    await claimed(a.directory, 'name', 'web', { offer: 'open', heir: 'l' });
    await claimed(a.directory, 'name', 'api', { offer: 'open', heir: 'l' });
    await comes(b.directory, () => b.directory.find('name', 'api') !== undefined);
    await a.directory.leave();
    const forgotten = new Promise((resolve) => {
      b.directory.watch({ changed: (_, id) => id === 'api' && resolve(id) });
    });
    await forgotten;
    assert.equal(b.directory.find('name', 'api'), undefined);
    await claimed(b.directory, 'name', 'web', { offer: 'open' });
  });

  test('who joins later sees what there is', async (t) => {
    const { fleet, a, open } = await twoMembers(t);
    const names = Array.from({ length: 50 }, (_, i) => `web-${i}`);
    await Promise.all(names.map((name) => claimed(a.directory, 'name', name, { offer: 'open' })));
    const c = await fleet.join(NAMES[2], await open());
    assert.equal([...c.directory.all('name')].length, names.length);
    assert.deepEqual(
      c.directory
        .members()
        .map(({ name }) => name)
        .sort(),
      NAMES,
    );
  });

  test('nobody joins by the name of a member that is here', async (t) => {
    const { fleet, open } = await twoMembers(t);
    await assert.rejects(fleet.join(NAMES[0], await open()), {
      code: 'E_DIRECTORY',
      message: /^Another relay of the fleet is called a:8080/,
    });
  });

  test('a member that was killed joins anew by its name', async (t) => {
    const { fleet, a, open } = await twoMembers(t);
    await claimed(a.directory, 'lease', 'l', LEASE);
    await vanish(fleet, a);
    const again = await fleet.join(NAMES[0], await open());
    assert.notEqual(again.directory.self.session, a.directory.self.session);
    await claimed(again.directory, 'lease', 'l', LEASE);
  });
}
