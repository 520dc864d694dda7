import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  PATIENCE,
  PATIENCE_OF_A_STRANGER,
  RENEWAL,
  TENURE,
  WITHOUT_STORE,
} from '#src/directory/tenure/times.ts';

const page = readFileSync('docs/fleet.md', 'utf8');

/** What a table says in its second column, by the first. */
function said(row: string): string | undefined {
  return new RegExp(`^\\| ${row} \\| ([^|]*?) \\|`, 'm').exec(page)?.[1];
}

test('the times of the rule are those of the program', () => {
  assert.equal(said('renewal'), `${RENEWAL / 1000} s`);
  assert.equal(said('tenure'), `${TENURE / 1000} s`);
  assert.equal(said('patience'), `${PATIENCE / 1000} s`);
  assert.equal(said('without the store'), `${WITHOUT_STORE / 60_000} min`);
  assert.equal(said('patience of a stranger'), `${PATIENCE_OF_A_STRANGER / 60_000} min`);
});

test('clocks may be as far apart as it says', () => {
  const fastest = 1.2;
  assert.ok(TENURE / (2 - fastest) <= PATIENCE / fastest);
  assert.ok(WITHOUT_STORE / (2 - fastest) <= PATIENCE_OF_A_STRANGER / fastest);
});

test('what it points to is there', () => {
  const targets = [...page.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, target = '']) => target);
  assert.ok(targets.length > 5);
  for (const target of targets) {
    const [file = '', heading] = target.split('#');
    const at = file === '' ? 'docs/fleet.md' : join('docs', file);
    assert.ok(existsSync(at), target);
    const headings = [...readFileSync(at, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
      text
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replace(/ /g, '-'),
    );
    if (heading !== undefined) assert.ok(headings.includes(heading), target);
  }
});
