import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { needsNetworkOf } from '../support/needs.ts';

const page = readFileSync('docs/operations.md', 'utf8');

test('nftables takes the example of a firewall', needsNetworkOf('nft', 'unshare'), () => {
  // In a network of its own, where it can change nothing that is there.
  execFileSync('unshare', ['--net', 'nft', '--check', '--file', 'examples/firewall/relay.nft']);
});

test('the units make the folders that the handbook has programs write to', () => {
  const makers: Record<string, string> = { lib: 'StateDirectory', log: 'LogsDirectory' };
  const folders = [...page.matchAll(/\/var\/(lib|log)\/(relay-(?:broker|agent))/g)];
  assert.ok(folders.length > 3);
  for (const [folder, kind = '', name = ''] of folders) {
    const file = name === 'relay-agent' ? `${name}@.service` : `${name}.service`;
    const unit = readFileSync(join('packaging/systemd', file), 'utf8');
    assert.match(unit, new RegExp(`^${makers[kind]}=${name}\\b`, 'm'), folder);
  }
});

test('what the handbook points to is there', () => {
  const headings = new Set(
    [...page.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => text.toLowerCase().replace(/ /g, '-')),
  );
  const targets = [...page.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, target = '']) => target);
  assert.ok(targets.length > 5);
  for (const target of targets) {
    const [file, heading] = target.split('#');
    if (file) assert.ok(existsSync(join('docs', file)), target);
    else assert.ok(headings.has(heading ?? ''), target);
  }
});
