import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

/** Asked for where a Node is of no use to the test, and never there. */
const NOT_A_PROGRAM = 'a-node-for-all';

test('CI installs each program that a test asks for', () => {
  const script = readFileSync('.ci/run', 'utf8');
  const asked = new Set(['test', 'fleet'].flatMap((folder) => filesOf(folder).flatMap(needsOf)));
  asked.delete(NOT_A_PROGRAM);
  assert.ok(asked.size > 10);
  const missing = [...asked].filter((program) => !new RegExp(`[[ ]${program}[\\] ]`).test(script));
  assert.deepEqual(missing, []);
});

function filesOf(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
}

function needsOf(file: string): string[] {
  const calls = readFileSync(file, 'utf8').matchAll(/\bneeds\w*\(('[^)]*)\)/g);
  return [...calls].flatMap(([, programs = '']) =>
    [...programs.matchAll(/'([^']+)'/g)].map(([, program = '']) => program),
  );
}
