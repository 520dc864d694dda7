import assert from 'node:assert/strict';
import test from 'node:test';
import { type Column, table } from '#src/cli/operate/table.ts';

interface Row {
  name: string;
  place: string;
  size: number;
}

const COLUMNS: Column<Row>[] = [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'PLACE', cell: ({ place }) => place },
  { title: 'SIZE', cell: ({ size }) => String(size), isFigure: true },
];

const ROWS: Row[] = [
  { name: 'a', place: 'relay.example.net:40123', size: 7 },
  { name: 'blog', place: 'here', size: 12345 },
];

test('columns are as wide as what is in them, and figures end with their column', () => {
  assert.equal(
    table(COLUMNS, ROWS),
    `NAME  PLACE                     SIZE
a     relay.example.net:40123      7
blog  here                     12345
`,
  );
  assert.equal(table(COLUMNS, []), 'NAME  PLACE  SIZE\n');
});

test('a narrow terminal shortens the widest texts, and no figure', () => {
  assert.equal(
    table(COLUMNS, ROWS, 30),
    `NAME  PLACE               SIZE
a     relay.example.ne…      7
blog  here               12345
`,
  );
  const narrow = table(COLUMNS, ROWS, 1).split('\n');
  assert.ok(
    narrow.every((line) => line.length <= 4 + 2 + 6 + 2 + 5),
    narrow.join('\n'),
  );
  assert.match(narrow[2] ?? '', /12345$/, 'which is wrong when it is cut');
});

test('what strangers call themselves does not move the cursor', () => {
  const shown = table(COLUMNS, [{ name: '\u001b[2J\nroot', place: '\u202e', size: 1 }]);
  assert.equal(shown.split('\n').length, 3);
  assert.match(shown, /^\\u001b\[2J\\nroot/m);
  assert.match(shown, /\\u202e/);
});
