import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { programs } from '#src/options/programs.ts';
import { manualPages } from '../../scripts/manual/pages.ts';
import { needs } from '../support/needs.ts';

const pages = manualPages(programs, '1.2.3');

/** As a terminal shows it, without bold and underlined, and what groff complains of. */
async function formatted(page: string): Promise<{ text: string; complaints: string }> {
  const groff = promisify(execFile)('groff', ['-ww', '-mandoc', '-Tascii', '-P-cbou', '-rLL=500n']);
  groff.child.stdin?.end(page);
  const { stdout, stderr } = await groff;
  return { text: stdout, complaints: stderr };
}

test('the package names every manual page', async () => {
  const { man } = JSON.parse(await readFile('package.json', 'utf8'));
  const files = [...pages.keys()].map((name) => `dist/man/${name}`);
  assert.deepEqual([...man].sort(), files.sort());
});

describe('the manual pages', needs('groff'), () => {
  for (const [name, page] of pages) {
    test(`${name} is formatted without a warning`, async () => {
      assert.equal((await formatted(page)).complaints, '');
    });
  }

  test('show options as they are typed, and signs as they can be copied', async () => {
    const { text } = await formatted(pages.get('relay-connect.1') ?? '');
    assert.match(text, /^ +--listen=<port\|host:port>$/m);
    assert.match(text, /-o ProxyCommand="relay-connect %h --via <host:port>"\.$/m);
    assert.match(
      (await formatted(pages.get('relay-broker.1') ?? '')).text,
      /the broker's certificate/,
    );
  });

  test('lead from a program to its commands, and back', async () => {
    const of = async (name: string) => (await formatted(pages.get(name) ?? '')).text;
    assert.match(await of('relay-broker.1'), /See relay-broker-token-create\(1\)\./);
    assert.match(await of('relay-broker-token-create.1'), /SEE ALSO\n +relay-broker\(1\)/);
  });
});
