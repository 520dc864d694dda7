import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { needsNetworkOf } from '../../support/needs.ts';
import { Program } from '../../support/program.ts';
import { type Host, twoHosts } from '../../support/two-hosts.ts';

/** Of the largest segment of 536 bytes, which every host has to take (RFC 9293, 3.7.1). */
const MTU = 576;

/** All ports of a host of the test's own are free. */
const PORT = '20000';

const LINUX = ['--data-plane', 'linux', '--host', '0.0.0.0'];

/**
 * A segment takes a slot of a pipe, however small it is, so with small ones a pipe
 * is full at some 8 KiB. Loopback hides that: its segments are of 64 KiB.
 */
test('streams of small segments to slow readers arrive whole, and never stand still', {
  ...needsNetworkOf('ip', 'ethtool'),
}, async (t) => {
  const { near, far } = twoHosts(t);
  for (const host of [near, far]) {
    inside(host, 'ip', 'link', 'set', 'up0', 'mtu', String(MTU));
    inside(host, 'ethtool', '-K', 'up0', 'tso', 'off', 'gso', 'off', 'gro', 'off');
  }
  const run = ({ inside: [command = '', ...words] }: Host, ...args: string[]) =>
    new Program(t, command, [...words, process.execPath, ...args]);
  const broker = run(near, 'dist/cli/relay-broker.js', '0', '--ports', `${PORT}-${PORT}`, ...LINUX);
  const [, controlPort = ''] = await broker.line(/Control connections on port (\d+)/);
  const script = 'test/support/slow-readers.ts';
  const peers = run(far, '--import', 'tsx', script, near.address, controlPort, PORT);
  assert.equal(await peers.exited, 0, peers.output);
  assert.doesNotMatch(broker.output, /stood still/);
});

function inside({ inside: [command = '', ...words] }: Host, ...args: string[]): void {
  execFileSync(command, [...words, ...args]);
}
