import assert from 'node:assert/strict';
import test from 'node:test';
import { LIMITS } from '../../support/exchange.ts';
import fc from '../../support/properties.ts';
import { SPARE_TICKET, spareLine, ticketLine } from '../../support/ticket-exchange.ts';
import { FakeConnection, FakeExchange } from './fake-wires.ts';

const DESCRIPTORS = 24;
const MOST_WAITING = 4;
const MOST_SPARES = 2;

type Step = {
  do:
    | 'client'
    | 'stranger'
    | 'ticket'
    | 'spare'
    | 'garbage'
    | 'talk'
    | 'leave'
    | 'break'
    | 'fail'
    | 'adopt'
    | 'end'
    | 'pass'
    | 'hold'
    | 'announce'
    | 'park'
    | 'unpark'
    | 'take'
    | 'give';
  which: number;
};

const steps = fc.array(
  fc.record<Step>({
    do: fc.constantFrom(
      ...(['client', 'client', 'client', 'stranger', 'stranger', 'stranger'] as const),
      ...(['ticket', 'ticket', 'ticket', 'spare', 'spare', 'garbage', 'talk', 'leave'] as const),
      ...(['break', 'fail', 'adopt', 'end', 'pass', 'hold', 'announce', 'announce'] as const),
      ...(['park', 'unpark', 'unpark', 'take', 'give'] as const),
    ),
    which: fc.nat(1000),
  }),
  { maxLength: 120 },
);

/** An exchange and what a story has made of it. */
class Story {
  readonly exchange = new FakeExchange(
    { pairTimeout: 100, limits: { ...LIMITS, clients: 8, waiting: MOST_WAITING } },
    DESCRIPTORS,
  );
  readonly clients: FakeConnection[] = [];
  readonly backConnects: FakeConnection[] = [];
  /** Which back-connect has said that it is for whom. */
  readonly presented = new Map<FakeConnection, string>();
  #takenOutside = 0;

  run({ do: what, which }: Step): void {
    const { exchange } = this;
    const { board } = exchange;
    const stranger = pick(this.backConnects.filter(isOpen), which);
    const ticket = pick(exchange.news, which)?.ticket ?? '0123456789abcdef';
    switch (what) {
      case 'client': {
        const client = exchange.client(`192.0.2.${which % 3}`, this.clients.length + 1);
        if (client !== undefined) this.clients.push(client);
        break;
      }
      case 'stranger':
        this.backConnects.push(exchange.backConnect());
        break;
      case 'ticket':
        this.#present(stranger, ticket);
        break;
      case 'spare':
        stranger?.hear(spareLine());
        break;
      case 'garbage':
        stranger?.hear('garbage\n');
        break;
      case 'talk':
        stranger?.hear('x');
        break;
      case 'leave':
        stranger?.leave();
        break;
      case 'break':
        if (stranger !== undefined) stranger.writable = false;
        break;
      case 'fail':
        board.clients.fail(ticket);
        break;
      case 'adopt':
        this.#adopt(which % 2 === 0 ? 'SPARE' : 'TICKET', ticket);
        break;
      case 'end':
        pick(exchange.pairs, which)?.end('eof');
        break;
      case 'pass':
        exchange.pass(which % 150);
        break;
      case 'hold':
        board.hold();
        break;
      case 'announce':
        board.announce({ spares: { ticket: SPARE_TICKET, most: MOST_SPARES } });
        break;
      case 'park':
      case 'unpark':
        board.park(what === 'park');
        break;
      case 'take':
        if (exchange.budget.take(1)) this.#takenOutside += 1;
        break;
      case 'give':
        exchange.budget.give(this.#takenOutside);
        this.#takenOutside = 0;
    }
    exchange.turn();
  }

  check(): void {
    const { exchange } = this;
    const { waiting, paired, spares } = exchange.counters.read();
    const strangers = this.backConnects.filter(isOpen).length - spares;
    assert.equal(waiting, this.clients.filter(isOpen).length);
    assert.equal(paired, exchange.pairs.filter(({ isOver }) => !isOver).length);
    assert.ok(waiting <= MOST_WAITING && spares <= MOST_SPARES);
    const own = spares + Math.max(0, strangers - waiting);
    const taken = 2 * (waiting + paired) + own + this.#takenOutside;
    assert.equal(exchange.budget.free, DESCRIPTORS - taken);
    assert.ok(exchange.budget.free >= 0);
    for (const pair of exchange.pairs) this.#checkPair(pair);
  }

  /** Each client has the back-connect that was for it, or one that was for anybody. */
  #checkPair({ client, server }: { client: FakeConnection; server: FakeConnection }): void {
    const port = this.clients.indexOf(client) + 1;
    const ticket = this.presented.get(server);
    if (ticket === undefined) assert.match(server.sent, new RegExp(`"port":${port}}`));
    else
      assert.ok(
        this.exchange.news.some((told) => told.ticket === ticket && told.client.port === port),
      );
  }

  end(): void {
    const { exchange } = this;
    exchange.board.stop();
    exchange.board.clients.cut('drain');
    assert.ok(exchange.board.isFinished);
    exchange.budget.give(this.#takenOutside);
    assert.equal(exchange.budget.free, DESCRIPTORS, 'all is given back');
    assert.ok([...this.clients, ...this.backConnects].every((connection) => !isOpen(connection)));
    const { ended, refused, waiting, paired, spares } = exchange.counters.read();
    assert.deepEqual([waiting, paired, spares], [0, 0, 0]);
    assert.equal(sum(ended), exchange.records.length);
    assert.equal(sum(refused), exchange.refusals.length);
    assert.equal(new Set(exchange.records.map(({ id }) => id)).size, exchange.records.length);
    const turnedAway = this.clients.length - exchange.records.length;
    const causes = ['limit', 'waiting', 'parked'];
    assert.equal(exchange.refusals.filter((cause) => causes.includes(cause)).length, turnedAway);
  }

  #present(backConnect: FakeConnection | undefined, ticket: string): void {
    if (backConnect === undefined) return;
    if (!this.presented.has(backConnect)) this.presented.set(backConnect, ticket);
    backConnect.hear(ticketLine(ticket));
  }

  #adopt(word: 'SPARE' | 'TICKET', ticket: string): void {
    const connection = new FakeConnection();
    const hello = { word, ticket: word === 'SPARE' ? SPARE_TICKET : ticket };
    if (word === 'TICKET') this.presented.set(connection, ticket);
    this.backConnects.push(connection);
    this.exchange.board.adopt(connection, '192.0.2.9', hello, Buffer.alloc(0));
  }
}

function isOpen({ state }: FakeConnection): boolean {
  return state === 'open';
}

function pick<Item>(items: Item[], which: number): Item | undefined {
  return items[which % items.length];
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((a, b) => a + b, 0);
}

test('whatever happens, the books are right, and nobody gets what is not theirs', () => {
  fc.assert(
    fc.property(steps, (story) => {
      const told = new Story();
      for (const step of story) {
        told.run(step);
        told.check();
      }
      told.end();
    }),
    { numRuns: 500 },
  );
});

test('a client whose spare turns out to be gone takes the next, and else waits like any other', () => {
  const exchange = new FakeExchange();
  exchange.board.announce({ spares: { ticket: SPARE_TICKET, most: MOST_SPARES } });
  const [gone, good] = [exchange.backConnect(), exchange.backConnect()];
  for (const spare of [gone, good]) spare.hear(spareLine());
  gone.writable = false;
  exchange.client();
  assert.deepEqual([gone.state, good.state], ['closed', 'joined']);
  assert.deepEqual(exchange.refusals, ['spare']);
  assert.equal(exchange.news.length, 0);

  const last = exchange.backConnect();
  last.hear(spareLine());
  last.writable = false;
  exchange.client();
  assert.equal(exchange.news.length, 1);
  assert.equal(exchange.counters.read().waiting, 1);
});

test('a client whose spare turns out to be gone does not wait where nobody may', () => {
  const exchange = new FakeExchange({ limits: { ...LIMITS, waiting: 0 } });
  exchange.board.announce({ spares: { ticket: SPARE_TICKET, most: 1 } });
  const spare = exchange.backConnect();
  spare.hear(spareLine());
  spare.writable = false;
  assert.equal(exchange.client()?.state, 'reset');
  assert.deepEqual(exchange.refusals, ['spare', 'waiting']);
  assert.equal(exchange.budget.free, 10_000);
});

test('strangers give their descriptors up for clients, and for newer strangers', () => {
  const exchange = new FakeExchange({}, 3);
  const strangers = [1, 2, 3].map(() => exchange.backConnect());
  const states = () => strangers.map(({ state }) => state);
  assert.equal(exchange.budget.free, 0);
  strangers.push(exchange.backConnect());
  assert.deepEqual(states(), ['closed', 'open', 'open', 'open']);
  assert.equal(exchange.client()?.state, 'open');
  assert.deepEqual(states(), ['closed', 'closed', 'closed', 'open']);
  // The last may be the client's back-connect, for which one is put aside; so one is free.
  assert.equal(exchange.budget.free, 1);
  assert.equal(exchange.client(), undefined);
  assert.equal(strangers[3]?.state, 'open');
});

test('a client that waits has a descriptor put aside for its back-connect, whatever strangers do', () => {
  const exchange = new FakeExchange({}, 2);
  exchange.board.announce({});
  exchange.client();
  assert.equal(exchange.budget.free, 0);
  const stranger = exchange.backConnect();
  assert.equal(stranger.state, 'open');
  const own = exchange.backConnect();
  assert.deepEqual([stranger.state, own.state], ['closed', 'open']);
  own.hear(`${ticketLine(exchange.news[0]?.ticket ?? '')}rest`);
  assert.deepEqual(
    exchange.pairs.map(({ server, read }) => [server, read]),
    [[own, 'rest']],
  );
});

test('a spare gives way when there is nobody else to, and comes no more', () => {
  const exchange = new FakeExchange({}, 1);
  exchange.board.announce({ spares: { ticket: SPARE_TICKET, most: 2 } });
  const spare = exchange.backConnect();
  spare.hear(spareLine());
  assert.equal(exchange.counters.read().spares, 1);
  const stranger = exchange.backConnect();
  assert.deepEqual([spare.state, stranger.state], ['open', 'closed']);
  assert.deepEqual(exchange.refusals, ['pushed-out']);
});

test('those whose first line is due are heard before one of too many is pushed out', () => {
  const exchange = new FakeExchange();
  exchange.board.announce({});
  exchange.client();
  const first = exchange.backConnect();
  for (let n = 0; n < 256; n += 1) exchange.backConnect();
  assert.equal(first.state, 'open');
  first.hear(ticketLine(exchange.news[0]?.ticket ?? ''));
  exchange.turn();
  assert.equal(first.state, 'joined');
  assert.deepEqual(exchange.refusals, [], 'there is room for all of the others');
});

test('who is refused or given up is counted by the time that he knows', () => {
  const exchange = new FakeExchange({ limits: { ...LIMITS, waiting: 1 } });
  exchange.board.announce({});
  const [givenUp, refused] = [exchange.client(), exchange.client()];
  const guest = exchange.backConnect();
  guest.hear('garbage\n');
  exchange.pass(1000);
  assert.equal(givenUp?.counted?.ended.unfetched, 1);
  assert.equal(givenUp?.counted?.waiting, 0);
  assert.equal(refused?.counted?.refused.waiting, 1);
  assert.equal(guest.counted?.refused.hello, 1);
});

test('a stranger has five seconds, in pieces or not', () => {
  const exchange = new FakeExchange();
  const [silent, slow] = [exchange.backConnect(), exchange.backConnect()];
  exchange.pass(4999);
  slow.hear('[TICKET] ');
  assert.deepEqual([silent.state, slow.state], ['open', 'open']);
  exchange.pass(1);
  assert.deepEqual([silent.state, slow.state], ['closed', 'closed']);
  assert.deepEqual(exchange.refusals, ['hello', 'hello']);
});

test('what cannot be listened to is closed', () => {
  const exchange = new FakeExchange();
  exchange.board.announce({ spares: { ticket: SPARE_TICKET, most: 1 } });
  exchange.canListen = false;
  const adopted = new FakeConnection();
  const hello = { word: 'SPARE', ticket: SPARE_TICKET } as const;
  exchange.board.adopt(adopted, '192.0.2.9', hello, Buffer.alloc(0));
  assert.deepEqual([exchange.backConnect().state, adopted.state], ['closed', 'closed']);
  assert.deepEqual(exchange.refusals, ['hello', 'hello']);
});

test('a line of 513 octets is none, and one of 512 is', () => {
  const exchange = new FakeExchange();
  for (const length of [512, 513]) {
    const line = ticketLine('0123456789abcdef');
    const padded = line.replace('{', `{${' '.repeat(length + 1 - line.length)}`);
    assert.equal(padded.length, length + 1);
    exchange.backConnect().hear(padded);
  }
  assert.deepEqual(exchange.refusals, ['ticket', 'hello']);
});

test('in order, back-connects have no first line, and no ticket is good', () => {
  const exchange = new FakeExchange({ pairing: 'order' });
  exchange.board.announce({});
  const clients = [exchange.client(), exchange.client()];
  assert.deepEqual(exchange.lines, ['[NEW] 4000\n', '[NEW] 4000\n']);
  const adopted = new FakeConnection();
  const hello = { word: 'TICKET', ticket: '' } as const;
  exchange.board.adopt(adopted, '192.0.2.9', hello, Buffer.alloc(0));
  assert.equal(adopted.state, 'closed');
  exchange.board.clients.fail('');
  const servers = [exchange.backConnect(), exchange.backConnect()];
  assert.deepEqual(
    exchange.pairs.map(({ client, server }) => [client, server]),
    clients.map((client, n) => [client, servers[n]]),
  );
});
