import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { faultsOf } from '../../fleet/check.ts';
import type { Phase, Records, Served, Told, Visit } from '../../fleet/records.ts';
import { Pattern } from '../../fleet/street/pattern.ts';

/** A fleet of two members, one of which is struck from 100 s to 200 s, and whose end is at 300 s. */
const STRUCK: Phase = { scenario: 'killed', begin: 100_000, end: 200_000, struck: 'a' };
const DRAINED: Phase = { scenario: 'drain', begin: 210_000, end: 250_000, drained: ['a', 'b'] };
const END: Phase = { scenario: 'end', begin: 300_000, end: 310_000 };

let answers = 0;

/** A client of the name `blog`, whom member `a` answered at once. */
function visit(start: number, differences: Partial<Visit> = {}): Visit {
  answers += 1;
  const { kind = 'request' } = differences;
  return {
    ...({ kind, node: 'a', door: 'tls', name: 'blog', start, end: start + 10 } as const),
    ...{ outcome: 'answered', sourcePort: 40_000 + answers, answeredBy: 'blog', answer: answers },
    answeredAt: start + 5,
    ...(kind === 'stream' && { sent: 10, received: 10 }),
    ...differences,
  };
}

function refused(start: number, differences: Partial<Visit> = {}): Visit {
  const { answeredBy: _, answeredAt: __, answer: ___, ...rest } = visit(start, differences);
  return { ...rest, outcome: 'OFFLINE' };
}

/** What the log of the member that served a client has of it. */
function served({ name, start, sourcePort = 0 }: Visit, generation: number, node = 'a'): Served {
  return { node, name, generation, start, clientAddress: '10.0.0.1', sourcePort };
}

function told(at: number, node: string, differences: Partial<Told> = {}): Told {
  return { agent: 'agent-1', service: 'blog', event: 'ready', node, at, ...differences };
}

/** Records without a fault: `blog` is at member `a`, then at `b`. */
function good(): Records {
  const [first, second] = [visit(50_000), visit(150_000, { node: 'b' })];
  const third = visit(220_000, { node: 'b', kind: 'stream' });
  return {
    visits: [
      first,
      refused(102_000),
      refused(102_500, { node: 'b' }),
      second,
      third,
      refused(101_000, { kind: 'search', name: 'shop' }),
      visit(301_000),
      visit(302_000, { node: 'b' }),
    ],
    served: [served(first, 7), served(second, 9, 'b'), served(third, 9, 'b')],
    told: [told(1000, 'a'), told(104_000, 'b')],
    phases: [STRUCK, DRAINED, END],
    rotations: [
      { node: 'a', isIn: false, at: 101_000 },
      { node: 'b', isIn: false, at: 220_000 },
    ],
    mistakes: [],
  };
}

/** What is found wrong with good records to which something was added. */
function faultsWith(more: Partial<Records>): string[] {
  const records = good();
  return faultsOf({
    visits: [...records.visits, ...(more.visits ?? [])],
    served: [...records.served, ...(more.served ?? [])],
    told: [...records.told, ...(more.told ?? [])],
    phases: more.phases ?? records.phases,
    rotations: [...records.rotations, ...(more.rotations ?? [])],
    mistakes: more.mistakes ?? [],
  });
}

describe('the checker of the fleet test', () => {
  test('finds nothing where nothing is wrong', () => assert.deepEqual(faultsOf(good()), []));

  test('finds a name that is served by an earlier claim after a later one', () => {
    const late = visit(150_020);
    const faults = faultsWith({ visits: [late], served: [served(late, 7)] });
    assert.match(String(faults), /came 15 ms after/);
  });

  test('goes by clients, where a broker that was stopped hears late of what ended', () => {
    const early = visit(149_000);
    const told = { ...served(early, 7), start: 161_000 };
    assert.deepEqual(faultsWith({ visits: [early], served: [told] }), []);
  });

  test('finds a claim that two members serve by', () => {
    const other = visit(160_000, { node: 'b' });
    const faults = faultsWith({ visits: [other], served: [served(other, 9, 'a')] });
    assert.match(String(faults), /one claim for two members/);
  });

  test('finds an answer of another service, and one that comes twice', () => {
    const wrong = visit(60_000, { answeredBy: 'shop' });
    assert.match(String(faultsWith({ visits: [wrong] })), /answered by shop/);
    const [{ answer } = wrong] = good().visits;
    const again = visit(60_000, { answer: Number(answer) });
    const twice = faultsWith({ visits: [again, { ...again, start: 61_000 }] });
    assert.match(String(twice), /came a second time/);
  });

  test('finds bytes that are wrong, at either end, whatever was done to the fleet', () => {
    const wrong = visit(150_000, { kind: 'stream', outcome: 'wrong bytes' });
    assert.match(String(faultsWith({ visits: [wrong] })), /wrong bytes/);
    const mistakes = [{ service: 'blog', at: 150_000 }];
    assert.match(String(faultsWith({ mistakes })), /blog: got other bytes/);
    const empty = visit(150_000, { kind: 'stream', sent: 0, received: 0 });
    assert.match(String(faultsWith({ visits: [empty] })), /nothing was streamed/);
  });

  test('finds a client that was served another name than it asked for, or that nobody was', () => {
    const client = visit(60_000, { name: 'shop', answeredBy: 'shop' });
    const entry = { ...served(client, 7), name: 'blog' };
    assert.match(
      String(faultsWith({ visits: [client], served: [entry] })),
      /who had not asked for it/,
    );
    assert.match(
      String(faultsWith({ served: [served(visit(60_000), 7)] })),
      /who had not asked for it/,
    );
  });

  test('finds a client that was answered by nobody knows whom', () => {
    const faults = (start: number) => String(faultsWith({ visits: [visit(start)] }));
    assert.match(faults(60_000), /in nobody's log/);
    assert.match(faults(150_000), /in nobody's log/, 'all others go on to write');
    assert.match(faults(230_000), /in nobody's log/, 'who is drained writes to the end');
    assert.equal(faults(99_000), '', 'who was killed had yet to write it');
    assert.equal(faults(301_000), '', 'it is about to be written');
    assert.match(String(faultsOf({ ...good(), served: [] })), /in nobody's log/, 'no log at all');
  });

  test('finds a client that is refused for no reason', () => {
    const faults = (visit: Visit) => String(faultsWith({ visits: [visit] }));
    assert.match(faults(refused(60_000)), /OFFLINE/, 'nothing was done');
    assert.match(faults(refused(190_000, { node: 'b' })), /OFFLINE/, 'b has the name by then');
    assert.match(faults(refused(220_000)), /OFFLINE/, 'a drain is not to be noticed');
    const { sourcePort: _, ...nobody } = refused(220_000);
    assert.equal(faults(nobody), '', 'it went on to another member, as its door was shut');
    assert.match(faults({ ...nobody, start: 206_000, end: 206_010 }), /OFFLINE/);
    assert.match(
      faults(refused(90_000, { kind: 'stream', node: 'b', end: 216_000 })),
      /OFFLINE/,
      'what was done was long over',
    );
    assert.equal(faults(refused(90_000, { kind: 'stream', end: 101_000 })), '', 'cut by the blow');
    assert.equal(faults(refused(90_000, { kind: 'stream', end: 205_000 })), '', 'cut by its link');
    assert.equal(faults(refused(190_000)), '', 'asked the member that was struck');
  });

  test('finds a member that is not ready for no reason', () => {
    const faults = (node: string, at: number) =>
      String(faultsWith({ rotations: [{ node, isIn: false, at }] }));
    assert.match(faults('a', 60_000), /a was not ready/);
    assert.match(faults('b', 110_000), /b was not ready/, 'another was struck');
    assert.equal(faults('a', 110_000), '');
  });

  test('finds a claim that is lost', () => {
    const faults = (more: Partial<Records>) => String(faultsWith(more));
    assert.match(
      faults({ told: [told(105_000, 'b', { event: 'refused', code: 'name-taken' })] }),
      /told name-taken/,
    );
    assert.match(faults({ told: [told(305_000, 'b', { event: 'lost' })] }), /last word is lost/);
    const shop = told(1000, 'a', { service: 'shop' });
    const visits = [visit(303_000, { name: 'shop', answeredBy: 'shop' })];
    assert.match(faults({ told: [shop], visits }), /shop: not served at the end by b/);
  });
});

describe('the bytes of a stream', () => {
  test('are the same in whatever pieces they come', () => {
    const whole = Buffer.concat([...new Pattern(3).pieces(200_000)]);
    const heard = new Pattern(3);
    for (let at = 0; at < whole.length; at += 1009) {
      assert.ok(heard.goesOnWith(whole.subarray(at, at + 1009)), `from ${at}`);
    }
    assert.equal(heard.count, whole.length);
  });

  test('are found to lack some, or to be of another', () => {
    const sent = Buffer.concat([...new Pattern(3).pieces(1000)]);
    assert.ok(new Pattern(3).goesOnWith(sent));
    assert.ok(!new Pattern(4).goesOnWith(sent));
    const heard = new Pattern(3);
    assert.ok(heard.goesOnWith(sent.subarray(0, 500)));
    assert.ok(!heard.goesOnWith(sent.subarray(501)));
  });
});
