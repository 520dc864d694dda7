import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { Duplex } from 'node:stream';
import { describe, type TestContext, test } from 'node:test';
import { FleetCounts } from '#src/broker/fleet/counts.ts';
import { Guide } from '#src/broker/names/guide.ts';
import type { OfferedService } from '#src/broker/names/named-service.ts';
import { Names, type NameTerms } from '#src/broker/names/names.ts';
import { Seat } from '#src/broker/names/seat.ts';
import type { StreamSocket } from '#src/data-plane/data-plane.ts';
import { LoneDirectory } from '#src/directory/lone-directory.ts';
import { claimed } from '../../support/claims.ts';
import { comes, TestFleet } from '../../support/fleet-members.ts';
import { MemoryStore, type OpenedMemoryStore } from '../../support/memory-store.ts';
import { until } from '../../support/until.ts';

const PATIENCE = 10_000;

/** A client's connection, as far as a guide is concerned with it. */
class Client extends Duplex {
  override _read(): void {}

  setTimeout(): void {}

  resetAndDestroy(): void {
    this.destroy();
  }
}

/** The names of a member, and who was served there or sent on. */
class Node {
  readonly names: Names;
  readonly guide: Guide;
  /** Clients that got to this member's services. */
  readonly served: StreamSocket[] = [];
  /** Other members, by name: where clients are sent to. */
  readonly others = new Map<string, Node>();
  readonly lost: string[] = [];
  readonly service: OfferedService;
  readonly directory;
  readonly store: OpenedMemoryStore;
  readonly #clients = new EventEmitter();

  constructor(
    t: TestContext,
    { directory, store }: Awaited<ReturnType<TestFleet['join']>>,
    patience = PATIENCE,
  ) {
    this.directory = directory;
    this.store = store as OpenedMemoryStore;
    this.names = new Names(directory, new FleetCounts());
    const forward = async (member: { name: string }, name: string, client: StreamSocket) => {
      const service = this.others.get(member.name)?.names.serviceHere(name);
      if (service === undefined) return 'not-taken';
      if (!service.isAvailable) return 'away';
      service.enter(client);
      return 'taken';
    };
    this.guide = new Guide(this.names, directory, { forward }, () => patience);
    this.service = {
      isAvailable: true,
      isOffered: true,
      enter: (client) => {
        this.served.push(client);
        this.#clients.emit('served');
      },
    };
    t.after(() => this.guide.close());
  }

  async seat(name: string, terms: Partial<NameTerms> = {}): Promise<Seat> {
    const lost = (by: { member: { name: string } } | undefined) =>
      this.lost.push(by?.member.name ?? '');
    const seat = await this.names.claim(name, { lost, ...terms });
    assert.ok(seat instanceof Seat, JSON.stringify(seat));
    return seat;
  }

  come(name: string): Client {
    const client = new Client();
    this.guide.find(name)?.enter(client);
    return client;
  }

  async serves(client: StreamSocket): Promise<void> {
    while (!this.served.includes(client)) await once(this.#clients, 'served');
  }

  /** Resolves when this member knows of it. */
  hears(name: string, route: string): Promise<void> {
    return comes(this.directory, () => this.names.routeOf(name).to === route);
  }
}

async function twoNodes(
  t: TestContext,
  patience?: number,
): Promise<[Node, Node, TestFleet, MemoryStore]> {
  const [memory, fleet] = [new MemoryStore(), new TestFleet(t)];
  const a = new Node(t, await fleet.join('a:1', memory.open()), patience);
  const b = new Node(t, await fleet.join('b:1', memory.open()), patience);
  a.others.set('b:1', b);
  b.others.set('a:1', a);
  return [a, b, fleet, memory];
}

describe('a name of another member', () => {
  test('takes clients there, once its service is', async (t) => {
    const [a, b] = await twoNodes(t);
    assert.equal(b.guide.find('blog'), undefined);
    const seat = await a.seat('blog');
    await comes(b.directory, () => b.guide.find('blog') !== undefined);
    assert.equal(b.guide.find('blog')?.isAvailable, false);
    seat.give(a.service);
    await b.hears('blog', 'there');
    await a.serves(b.come('blog'));
    seat.release();
    await comes(b.directory, () => b.guide.find('blog') === undefined);
  });

  test('turns clients away where that member says so, as its own door does', async (t) => {
    const [a, b] = await twoNodes(t);
    const seat = await a.seat('blog');
    // As a name of the names door: it is offered whether somebody is parked there or not.
    seat.give({ ...a.service, isAvailable: false });
    await b.hears('blog', 'there');
    const client = new Client();
    let said = '';
    const turnAway = () => {
      said += 'away';
      client.destroy();
    };
    b.guide.find('blog')?.enter(client, { read: Buffer.alloc(0), greeting: '', turnAway });
    await once(client, 'close');
    assert.equal(said, 'away');
  });

  test('cannot be claimed, and whoever has it is told of', async (t) => {
    const [a, b] = await twoNodes(t);
    await a.seat('blog', { heir: 'alice' });
    const refusal = await b.names.claim('blog', { heir: 'bob', lost: () => {} });
    assert.ok('refused' in refusal && refusal.refused === 'taken');
    assert.equal(refusal.by?.member.name, 'a:1');
  });
});

describe('a name on its way', () => {
  test('has clients wait, here and elsewhere, until its service is at the other member', async (t) => {
    const [a, b] = await twoNodes(t);
    const seat = await a.seat('blog', { heir: 'alice' });
    seat.give(a.service);
    await b.hears('blog', 'there');
    const left = seat.leave();
    const early = a.come('blog');
    await left;
    await b.hears('blog', 'wait');
    const late = b.come('blog');
    assert.deepEqual([a.guide.underWay, b.guide.underWay], [1, 1]);
    seat.release();
    const coming = await b.seat('blog', { heir: 'alice', whereabouts: 'here' });
    assert.equal(b.names.routeOf('blog').to, 'wait');
    coming.give(b.service);
    await Promise.all([b.serves(early), b.serves(late)]);
    await until(() => a.guide.underWay + b.guide.underWay === 0);
    assert.equal(a.served.length, 0);
    assert.deepEqual(a.lost, [], 'what was left is not lost');
  });

  test('is nobody else’s meanwhile', async (t) => {
    const [a, b] = await twoNodes(t);
    const seat = await a.seat('blog', { heir: 'alice' });
    await seat.leave();
    const refusal = await b.names.claim('blog', { heir: 'bob', lost: () => {} });
    assert.ok('refused' in refusal && refusal.refused === 'taken');
  });

  test('has a client wait for so long, and no longer', async (t) => {
    const [a, b] = await twoNodes(t, 300);
    const seat = await a.seat('blog', { heir: 'alice' });
    seat.give(a.service);
    await seat.leave();
    await b.hears('blog', 'wait');
    const client = b.come('blog');
    await once(client, 'close');
    assert.equal(b.guide.waiting, 0);
  });

  test('has nobody wait any more when the broker ends', async (t) => {
    const [a] = await twoNodes(t);
    const seat = await a.seat('blog', { heir: 'alice' });
    await seat.leave();
    const client = a.come('blog');
    a.guide.close();
    await once(client, 'close');
  });
});

test('a member that was counted out serves nobody, and its name goes to the heir', async (t) => {
  const [a, b, fleet, memory] = await twoNodes(t);
  // Whom it does not know of would wait for it a quarter of an hour.
  const entry = () => memory.entries.get('member.a:1')?.value ?? '';
  await comes(b.directory, () => entry().includes('"knows":["b:1"]'));
  (await a.seat('blog', { heir: 'alice' })).give(a.service);
  await b.hears('blog', 'there');
  fleet.cutOff.add('a:1');
  a.store.goAway();
  await comes(a.directory, () => !a.directory.holds);
  const client = a.come('blog');
  const taken = await b.seat('blog', { heir: 'alice', whereabouts: 'here' });
  taken.give(b.service);
  assert.equal(a.served.length, 0);
  a.store.comeBack();
  await b.serves(client);
  assert.deepEqual(a.lost, ['b:1']);
  assert.equal(a.served.length, 0);
});

test('who waits is served as soon as the service is there, and not when it is time to look again', async (t) => {
  const names = new Names(new LoneDirectory('here'), new FleetCounts());
  const guide = new Guide(
    names,
    new LoneDirectory('here'),
    { forward: async () => 'not-taken' },
    () => PATIENCE,
  );
  t.after(() => guide.close());
  const seat = await names.claim('blog', { whereabouts: 'here', lost: () => {} });
  assert.ok(seat instanceof Seat);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const client = new Client() as unknown as StreamSocket;
  guide.find('blog')?.enter(client);
  const served = new Promise((resolve) => {
    seat.give({ isAvailable: true, isOffered: true, enter: resolve });
  });
  assert.equal(await served, client);
});

test('who waits looks again when something becomes of that name, not whenever anything does', async () => {
  const directory = new LoneDirectory('here');
  const moving = await claimed(directory, 'name', 'web', { offer: 'moving' });
  const names = new Names(directory, new FleetCounts());
  const routeOf = names.routeOf.bind(names);
  let looks = 0;
  names.routeOf = (name) => {
    looks += 1;
    return routeOf(name);
  };
  const guide = new Guide(names, directory, { forward: async () => 'not-taken' }, () => PATIENCE);
  const client = new Client();
  guide.find('web')?.enter(client as unknown as StreamSocket);
  assert.equal(guide.waiting, 1);
  const before = looks;
  for (let n = 0; n < 100; n += 1) {
    directory.tell({ load: { registrations: n, connections: n }, isDraining: false });
    await claimed(directory, 'name', `other-${n}`, { offer: 'open' });
  }
  assert.ok(looks - before < 10, `${looks - before}, and those of the clock`);
  await moving.release();
  if (!client.closed) await once(client, 'close');
  assert.equal(guide.waiting, 0);
  guide.close();
});
