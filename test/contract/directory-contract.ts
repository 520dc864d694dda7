import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Directory } from '#src/directory/directory.ts';
import { claimed, LEASE, refused } from '../support/claims.ts';

/** A directory that ends with the test. */
export type DirectoryUnderTest = (t: TestContext) => Promise<Directory>;

/** What holds for every directory, whether its member is alone or not. */
export function directoryContract(open: DirectoryUnderTest): void {
  test('what is claimed is found, with whose it is', async (t) => {
    const directory = await open(t);
    assert.equal(directory.find('name', 'web'), undefined);
    const claim = await claimed(directory, 'name', 'web', { offer: 'open' });
    const found = directory.find('name', 'web');
    assert.deepEqual(found?.record, { offer: 'open' });
    assert.equal(found?.generation, claim.generation);
    assert.equal(found?.member.session, directory.self.session);
    assert.equal(found?.kind, 'name');
    assert.equal(found?.id, 'web');
    assert.equal(directory.find('lease', 'web'), undefined);
    assert.equal(directory.holds, true);
  });

  test('what one has cannot be claimed again, whoever asks', async (t) => {
    const directory = await open(t);
    const claim = await claimed(directory, 'name', 'web', { offer: 'open', heir: 'lease a' });
    const refusal = await refused(directory, 'name', 'web', { offer: 'open' }, 'lease a');
    assert.equal(refusal.refused, 'taken');
    assert.equal('by' in refusal && refusal.by.generation, claim.generation);
  });

  test('of those who claim the same at once, one has it', async (t) => {
    const directory = await open(t);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => directory.claim('name', 'web', { offer: 'open' })),
    );
    assert.equal(answers.filter((answer) => !('refused' in answer)).length, 1);
  });

  test('what is given back can be claimed again, and is another generation', async (t) => {
    const directory = await open(t);
    const first = await claimed(directory, 'name', 'web', { offer: 'open' });
    await first.release();
    assert.equal(directory.find('name', 'web'), undefined);
    const second = await claimed(directory, 'name', 'web', { offer: 'open' });
    assert.ok(second.generation > first.generation);
    await first.release();
    first.update({ offer: 'away' });
    assert.deepEqual(directory.find('name', 'web')?.record, { offer: 'open' });
  });

  test('the last record counts, and is no other generation', async (t) => {
    const directory = await open(t);
    const claim = await claimed(directory, 'name', 'web', { offer: 'open' });
    claim.update({ offer: 'away' });
    claim.update({ offer: 'open' });
    claim.update({ offer: 'moving', heir: 'lease a' });
    assert.deepEqual(claim.record, { offer: 'moving', heir: 'lease a' });
    await claim.recorded();
    const found = directory.find('name', 'web');
    assert.deepEqual(found?.record, { offer: 'moving', heir: 'lease a' });
    assert.equal(found?.generation, claim.generation);
  });

  test('a name may be any text', async (t) => {
    const directory = await open(t);
    const names = ['a.b', '.', '..', '>', '*', ' ', '=41', 'é', '名'.repeat(85), 'a/b', 'A', 'a'];
    for (const name of names) await claimed(directory, 'name', name, { offer: 'open' });
    assert.deepEqual([...directory.all('name')].map(({ id }) => id).sort(), names.sort());
  });

  test('leases are counted by token', async (t) => {
    const directory = await open(t);
    const lease = await claimed(directory, 'lease', 'a', { ...LEASE, token: 'ci' });
    await claimed(directory, 'lease', 'b', { ...LEASE, token: 'ci' });
    await claimed(directory, 'lease', 'c', LEASE);
    lease.update({ ...LEASE, port: 4001, token: 'ci' });
    await lease.recorded();
    assert.equal(directory.leasesOf('ci'), 2);
    await lease.release();
    assert.equal(directory.leasesOf('ci'), 1);
    assert.equal(directory.leasesOf('other'), 0);
  });

  test('of the leases of a token, those claimed first are within a bound', async (t) => {
    const directory = await open(t);
    const record = { ...LEASE, token: 'ci' };
    await claimed(directory, 'lease', 'other', { ...LEASE, token: 'other' });
    const first = await claimed(directory, 'lease', 'a', record);
    const second = await claimed(directory, 'lease', 'b', record);
    const areWithin = (most: number) =>
      Promise.all([first, second].map((c) => directory.isWithin(most, 'ci', c.generation)));
    assert.deepEqual(await areWithin(2), [true, true]);
    assert.deepEqual(await areWithin(1), [true, false]);
    await first.release();
    assert.equal(await directory.isWithin(1, 'ci', second.generation), true);
  });

  test('who watches is told of every change, until it does not any more', async (t) => {
    const directory = await open(t);
    const told: string[] = [];
    const end = directory.watch({ changed: (kind, id) => told.push(`${kind} ${id}`) });
    const claim = await claimed(directory, 'name', 'web', { offer: 'open' });
    assert.ok(told.includes('name web'));
    told.length = 0;
    await claim.release();
    assert.ok(told.includes('name web'));
    end();
    told.length = 0;
    await claimed(directory, 'name', 'web', { offer: 'open' });
    assert.deepEqual(told, []);
  });

  test('what is told of this member is seen', async (t) => {
    const directory = await open(t);
    const [self] = directory.members();
    assert.equal(self?.name, directory.self.name);
    assert.equal(self?.state, 'live');
    const news = { load: { registrations: 3, connections: 7 }, isDraining: true };
    const seen = new Promise((resolve) => {
      directory.watch({ memberChanged: resolve });
    });
    directory.tell(news);
    await seen;
    const { load, isDraining } = directory.self;
    assert.deepEqual({ load, isDraining }, news);
  });

  test('who has left claims nothing', async (t) => {
    const directory = await open(t);
    const claim = await claimed(directory, 'name', 'web', { offer: 'open' });
    await directory.leave();
    await directory.leave();
    assert.equal(directory.isReachable, false);
    assert.deepEqual(await directory.claim('name', 'other', { offer: 'open' }), {
      refused: 'closed',
    });
    claim.update({ offer: 'away' });
    await claim.release();
  });
}
