import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { completionsFor } from '#src/completions/completions.ts';
import type { Shell } from '#src/options/broker-program.ts';
import { programs } from '#src/options/programs.ts';
import { emptyFolder } from '../support/folder.ts';
import { needs } from '../support/needs.ts';

const run = promisify(execFile);

/** What a shell offers at the end of each of these lines, by a script of it that prints that. */
async function offered(
  t: TestContext,
  shell: Shell,
  script: (file: string, line: string) => string,
  lines: string[],
): Promise<string[][]> {
  const cwd = await emptyFolder(t);
  const file = join(cwd, 'completions');
  await writeFile(file, completionsFor(shell, programs));
  await writeFile(join(cwd, 'my tokens.json'), '');
  const all = lines.map(async (line) => {
    // Shells that start at once must not make the same folders.
    const HOME = await mkdtemp(join(cwd, 'home-'));
    const options = { cwd, env: { ...process.env, HOME } };
    const { stdout, stderr } = await run(shell, ['-c', script(file, line)], options);
    assert.equal(stderr, '');
    return stdout.split('\n').filter((word) => word !== '');
  });
  return Promise.all(all);
}

/** As readline does, with the words of the line as it splits them. */
function inBash(file: string, line: string): string {
  const words = line.split(/(?<==)|(?==)| /).map((word) => `'${word}'`);
  return `source ${file}
    COMP_WORDS=(${words.join(' ')})
    COMP_CWORD=${words.length - 1}
    "$(complete -p ${words[0]} | sed 's/.*-F \\([a-z_]*\\) .*/\\1/')"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
}

function inFish(file: string, line: string): string {
  return `source ${file}; complete -C '${line}' | string replace -r '\\t.*' ''; true`;
}

/** It completes on a terminal only, so that it gets one; what it offers is noted where all offers go by. */
function inZsh(file: string, line: string): string {
  return `zmodload zsh/zpty
    out=$(mktemp -p .)
    zpty shell zsh -f -i
    zpty -w shell 'PS1= ; autoload -U compinit; compinit -u -D; source ${file}'
    zpty -w shell 'offer() { zle complete-word; print -r over }; zle -N offer; bindkey "^I" offer'
    zpty -w shell 'compadd() { builtin compadd -O found "$@"; print -rl -- $found >> '$out'; builtin compadd "$@" }'
    zpty -w shell 'print -r re""ady'
    while zpty -r shell said; do [[ $said == *ready* ]] && break; done
    zpty -n -w shell '${line}'$'\\t'
    while zpty -r shell said; do [[ $said == *over* ]] && break; done
    sort -u $out`;
}

const SHELLS = [
  ['bash', inBash],
  ['fish', inFish],
  ['zsh', inZsh],
] as const;

for (const [shell, script] of SHELLS) {
  describe(`completions for ${shell}`, needs(shell), () => {
    test('offer options, words they take, files and commands', async (t) => {
      const [options, choices, files, commands, words, own] = await offered(t, shell, script, [
        'relay-connect --l',
        'relay-agent 3000 --log ',
        'relay-broker --tokens my',
        'relay-broker tok',
        'relay-broker token ',
        'relay-broker token create web --t',
      ]);
      assert.deepEqual(options, ['--listen']);
      assert.deepEqual(choices?.sort(), ['json', 'pretty']);
      // Some offer it quoted, too.
      assert.deepEqual(
        [...new Set(files?.map((file) => file.replace('\\', '')))],
        ['my tokens.json'],
      );
      assert.deepEqual(commands, ['token']);
      assert.deepEqual(words, ['create']);
      assert.deepEqual(own, ['--tokens']);
    });

    test('offer what stands behind an equals sign, and nothing where only the user knows', async (t) => {
      const [choices, none, shells] = await offered(t, shell, script, [
        'relay-broker --data-plane=l',
        'relay-broker --host ',
        'relay-broker completions f',
      ]);
      assert.deepEqual(
        choices?.map((each) => each.replace(/.*=/, '')),
        ['linux'],
      );
      assert.deepEqual(none, []);
      assert.deepEqual(shells, ['fish']);
    });
  });
}
