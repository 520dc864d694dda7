// The page is bundled and not built file by file: its parts are taken from the source.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { PastMoment, Snapshot } from '../../../src/admin/page/feed/wire.ts';
import { Gauges } from '../../../src/admin/page/model/gauges.ts';
import { History, WINDOW } from '../../../src/admin/page/model/history.ts';
import { Meter } from '../../../src/admin/page/model/meter.ts';
import { type Column, chosen, matches, sorted } from '../../../src/admin/page/model/table.ts';

const figures = { toClients: 1, toServers: 2, paired: 3, waiting: 4 };

test('what was before an interruption stays, and a gap shows where nothing is known', () => {
  const history = new History();
  history.add({ at: 10, figures });
  history.interrupt();
  history.interrupt();
  history.add({ at: 20, figures });
  const known = history.moments.map(({ figures }) => figures !== undefined);
  assert.deepEqual(known, [true, false, true]);
});

test('what the broker remembers takes the place of what was missed', () => {
  const history = new History();
  for (const at of [1, 5]) history.add({ at, figures });
  history.interrupt();
  history.add({ at: 9, figures });
  history.recall([4, 6, 8].map((at) => ({ at, figures })));
  history.recall([]);
  assert.deepEqual(
    history.moments.map(({ at }) => at),
    [1, 4, 6, 8, 9],
  );
});

test('only the last minutes are kept, and a clock that is set back draws no loop', () => {
  const history = new History();
  for (let at = 1; at <= WINDOW + 50; at += 1) history.add({ at, figures });
  assert.equal(history.moments.length, WINDOW);
  history.add({ at: 100, figures });
  const times = history.moments.map(({ at }) => at);
  assert.deepEqual([times.at(0), times.at(-1), times.length], [51, 100, 50]);
});

test('a rate is what a counter grew by in a second, of those that were there before', () => {
  const meter = new Meter();
  assert.equal(meter.read(10, [[1, { toClients: 100, toServers: 0 }]]).size, 0);
  const rates = meter.read(12, [
    [1, { toClients: 500, toServers: 10 }],
    [2, { toClients: 900, toServers: 900 }],
  ]);
  assert.deepEqual([...rates], [[1, { toClients: 200, toServers: 5 }]]);
});

test('a counter that began anew makes no rate below zero, nor does one that was left out', () => {
  const meter = new Meter();
  meter.read(1, [[1, { toClients: 100, toServers: 100 }]]);
  const [[, rate] = []] = meter.read(2, [[1, { toClients: 0, toServers: 0 }]]);
  assert.deepEqual(rate, { toClients: 0, toServers: 0 });
  meter.read(3, []);
  assert.equal(meter.read(4, [[1, { toClients: 9, toServers: 9 }]]).size, 0);
});

/** What a broker says that passes on 1000 bytes a second, and what it remembers. */
const remembered = (at: number): PastMoment => ({
  ...{ at, bytesToClient: at, bytesToServer: 0, paired: 1, waiting: 0 },
});
const said = (at: number) =>
  ({ at, status: { counters: remembered(at) }, registrations: [] }) as unknown as Snapshot;

test('the plots go on where the memory of the broker ends, and no rate is made of a moment', () => {
  const gauges = new Gauges();
  gauges.read(said(10_000));
  gauges.recall([8_000, 9_000, 10_000].map(remembered));
  gauges.read(said(10_125));
  assert.equal(gauges.rate, undefined);
  gauges.read(said(11_000));
  assert.deepEqual(
    gauges.history.moments.map(({ at, figures }) => [at, figures?.toClients]),
    [
      [9, 1000],
      [10, 1000],
      [11, 1000],
    ],
  );
});

interface Row {
  name: string;
  rate?: number;
}

const NAME: Column<Row> = { key: 'name', title: 'Name', by: ({ name }) => name };
const RATE: Column<Row> = { key: 'rate', title: 'Rate', by: ({ rate }) => rate, isFigure: true };

const names = (rows: Row[]) => rows.map(({ name }) => name).join(' ');

test('numbers in texts are compared as numbers, and capitals do not matter', () => {
  const rows = [{ name: 'web10' }, { name: 'Web2' }, { name: 'api' }];
  assert.equal(
    names(sorted(rows, [NAME], { column: 'name', descending: false })),
    'api Web2 web10',
  );
});

test('what is not known comes last whichever way, and equals stay as they were', () => {
  const rows = [
    { name: 'a' },
    { name: 'b', rate: 1 },
    { name: 'c', rate: 1 },
    { name: 'd', rate: 9 },
  ];
  assert.equal(names(sorted(rows, [RATE], { column: 'rate', descending: true })), 'd b c a');
  assert.equal(names(sorted(rows, [RATE], { column: 'rate', descending: false })), 'b c d a');
});

test('a column that is chosen again is turned round, and figures begin with the largest', () => {
  const byName = { column: 'name', descending: false };
  assert.deepEqual(chosen(byName, NAME), { column: 'name', descending: true });
  assert.deepEqual(chosen(byName, RATE), { column: 'rate', descending: true });
});

test('a filter wants all its words, anywhere', () => {
  const texts = ['Blog', 'relay.example.net:40120', undefined, 'Live'];
  assert.ok(['', 'blog', ' 401 LIVE '].every((filter) => matches(filter, texts)));
  assert.ok(!matches('blog held', texts));
});
