import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Program } from '#src/options/program.ts';
import { programs } from '#src/options/programs.ts';
import { runCli } from '../support/program.ts';

const all = programs.flatMap((program): Program[] => [program, ...(program.commands ?? [])]);

test('every program and command that is described is there, and says so', async (t) => {
  for (const { name, description } of all) {
    const [program = '', ...words] = name.split(' ');
    const run = runCli(t, program as 'relay-broker', [...words, '--help']);
    assert.equal(await run.exited, 0, name);
    assert.ok(run.output.startsWith(`${description} (${name} v`), run.output);
  }
});
