import { execFileSync } from 'node:child_process';
import type { TestContext } from 'node:test';

/** Two hosts of the test's own, joined by a link: network namespaces, gone when the test ends. */
export interface TwoHosts {
  near: Host;
  far: Host;
}

export interface Host {
  name: string;
  address: string;
  /** The words to put before a command so that it runs there. */
  inside: string[];
}

let made = 0;

export function twoHosts(t: TestContext): TwoHosts {
  made += 1;
  const near = host(t, `relay-near-${process.pid}-${made}`, '10.99.0.1');
  const far = host(t, `relay-far-${process.pid}-${made}`, '10.99.0.2');
  ip('link', 'add', 'up0', 'netns', near.name, 'type', 'veth', 'peer', 'up0', 'netns', far.name);
  for (const { name, address } of [near, far]) {
    ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 'up0');
    for (const device of ['up0', 'lo']) ip('-n', name, 'link', 'set', device, 'up');
  }
  return { near, far };
}

/** From now on nothing arrives at this host, and nobody is told. */
export function blackhole({ inside: [command = '', ...words] }: Host): void {
  const drop = 'table inet t { chain c { type filter hook input priority 0; policy drop; }; };\n';
  execFileSync(command, [...words, 'nft', '-f', '-'], { input: drop });
}

function host(t: TestContext, name: string, address: string): Host {
  ip('netns', 'add', name);
  t.after(() => ip('netns', 'delete', name));
  return { name, address, inside: ['ip', 'netns', 'exec', name] };
}

function ip(...words: string[]): void {
  execFileSync('ip', words);
}
