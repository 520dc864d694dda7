import assert from 'node:assert/strict';
import test from 'node:test';
import { parseTable, type Table } from '#src/config/toml.ts';

function tableOf(text: string): Table {
  const parsed = parseTable(text);
  assert.ok('items' in parsed, JSON.stringify(parsed));
  return parsed;
}

/** The line and column at which a text stops to be TOML. */
function flawIn(text: string): string {
  const parsed = parseTable(text);
  assert.ok('flaw' in parsed, text);
  assert.match(parsed.flaw.text, /^not TOML: [a-z]/);
  return `${parsed.flaw.at.line}:${parsed.flaw.at.column}`;
}

test('every key and value has its place', () => {
  const { items } = tableOf('\n# no\nport = 8080\n  "deny clients" = [\n    "a",\n  "b" ]\n');
  assert.deepEqual(items.get('port'), {
    is: 'value',
    at: { line: 3, column: 1 },
    place: { line: 3, column: 8 },
    scalar: 8080,
    elements: undefined,
  });
  const list = items.get('deny clients');
  assert.ok(list?.is === 'value');
  assert.deepEqual(list.at, { line: 4, column: 3 });
  assert.deepEqual(
    list.elements?.map(({ scalar, place: { line, column } }) => [scalar, line, column]),
    [
      ['a', 5, 5],
      ['b', 6, 3],
    ],
  );
});

test('a table is the same, however it is written', () => {
  for (const text of [
    '[services.web]\ntarget = 1\n[services.db]\ntarget = 2',
    'services.web.target = 1\nservices.db.target = 2',
    'services = { web = { target = 1 }, db = { target = 2 } }',
    '[services]\nweb.target = 1\ndb = { target = 2 }',
  ]) {
    const services = tableOf(text).items.get('services');
    assert.ok(services?.is === 'table', text);
    const targets = [...services.items].map(([name, table]) => {
      const target = table.is === 'table' ? table.items.get('target') : undefined;
      return [name, target?.is === 'value' && target.scalar];
    });
    assert.deepEqual(targets, [
      ['web', 1],
      ['db', 2],
    ]);
  }
});

test('a key called as something that every object has is a key', () => {
  const { items } = tableOf('constructor = 1\n"__proto__" = 2\n');
  assert.deepEqual([...items.keys()], ['constructor', '__proto__']);
});

test('a byte order mark is no fault, and moves nothing', () => {
  const item = tableOf('\ufeffport = 1').items.get('port');
  assert.deepEqual(item?.at, { line: 1, column: 1 });
});

test('what is not TOML is told with its place', () => {
  for (const [text, place] of [
    ['port = 1\nport = 2\n', '2:1'],
    ['port 8080', '1:6'],
    ['a = 1\nb = "x\nc = 2\n', '2:7'],
    ['[services.web]\n[services.web]\n', '2:11'],
    ['a = 1\r\nb = = 2\r\n', '2:5'],
    ['a = 1\nb = many\n', '2:5'],
    // Where the value is missing, not at what comes next.
    ['port =\n\n\nlog = "json"\n', '1:7'],
    ['a = 1\nport = # none\n', '2:7'],
    ['port\nlog = "json"\n', '1:5'],
    ['a = 1\nb = [\n\n', '2:6'],
    ['[services.web\ntarget = 1\n', '1:14'],
    ['port =', '1:7'],
    ['# a =\n!\n', '2:1'],
  ] as const) {
    assert.equal(flawIn(text), place, text);
  }
});
