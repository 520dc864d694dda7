import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/**
 * A street with a house for each member, which is a network namespace with an address of its own. This
 * process, and all that it starts outside of the houses, are in the street, whose namespaces are theirs
 * alone from the beginning, see run.ts.
 */
export interface House {
  address: string;
  /** The words to put before a command so that it runs there. */
  inside: string[];
  /** From now on nothing comes from these addresses, nor reaches them, and nobody is told. */
  cutOff(addresses: string[]): void;
  /** No address is cut off any more. */
  heal(): void;
}

const BRIDGE = 'street';

/** Where ip-netns(8) has their names. */
const NAMESPACES = '/run/netns';

/** Where all else is. */
export const STREET = '10.98.0.1';

/** Addresses in the street, such as servers of NATS have. */
export function openStreet(addresses: string[]): void {
  // Names of namespaces are files: these go with the street.
  mkdirSync(NAMESPACES, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', NAMESPACES]);
  ip('link', 'set', 'lo', 'up');
  ip('link', 'add', BRIDGE, 'type', 'bridge');
  for (const address of [STREET, ...addresses]) {
    ip('address', 'add', `${address}/24`, 'dev', BRIDGE);
  }
  ip('link', 'set', BRIDGE, 'up');
}

export function openHouse(number: number): House {
  const name = `house${number}`;
  const address = `10.98.0.${10 + number}`;
  const door = `door${number}`;
  ip('netns', 'add', name);
  ip('link', 'add', door, 'type', 'veth', 'peer', 'up0', 'netns', name);
  ip('link', 'set', door, 'master', BRIDGE, 'up');
  ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 'up0');
  for (const device of ['up0', 'lo']) ip('-n', name, 'link', 'set', device, 'up');
  const inside = ['ip', 'netns', 'exec', name];
  const nft = (rules: string) =>
    execFileSync('ip', [...inside.slice(1), 'nft', '-f', '-'], { input: rules });
  return {
    address,
    inside,
    cutOff: (addresses) => nft(dropping(addresses)),
    heal: () => nft('delete table inet cut\n'),
  };
}

function dropping(addresses: string[]): string {
  const these = `{ ${addresses.join(', ')} }`;
  return `table inet cut {
    chain from { type filter hook input priority 0; ip saddr ${these} drop; }
    chain to { type filter hook output priority 0; ip daddr ${these} drop; }
  }\n`;
}

function ip(...words: string[]): void {
  execFileSync('ip', words);
}
