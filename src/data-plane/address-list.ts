import { BlockList, isIP } from 'node:net';
import { plainAddress } from './address.ts';

const BITS = { ipv4: 32, ipv6: 128 };

interface Block {
  address: string;
  prefix: number;
  family: keyof typeof BITS;
}

/** Whether a text is an address or a CIDR block (RFC 4632, RFC 4291), IPv4 or IPv6, without a zone. */
export function isBlock(text: string): boolean {
  return parseBlock(text) !== undefined;
}

/** Addresses and CIDR blocks, to look one address up in. */
export class AddressList {
  // One for each family: a BlockList finds every IPv4 address in ::/0.
  readonly #blocks = { ipv4: new BlockList(), ipv6: new BlockList() };

  /** Throws a RangeError for what is not {@link isBlock}. */
  constructor(blocks: readonly string[]) {
    for (const text of blocks) {
      const block = parseBlock(text);
      if (block === undefined) throw new RangeError(`no address and no CIDR block: ${text}`);
      this.#blocks[block.family].addSubnet(block.address, block.prefix, block.family);
    }
  }

  /** Whether one of the blocks holds this address, as a socket gives it. False for what is no address. */
  has(address: string): boolean {
    const plain = plainAddress(address).replace(/%.*$/, '');
    const family = familyOf(plain);
    return family !== undefined && this.#blocks[family].check(plain, family);
  }
}

function parseBlock(text: string): Block | undefined {
  const [, address = '', digits] = /^([0-9a-fA-F.:]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const family = familyOf(address);
  // An IPv4 address in the form of an IPv6 one would never be met, as addresses are looked up in their plain form.
  if (family === undefined || isMapped(address)) return undefined;
  const prefix = digits === undefined ? BITS[family] : Number(digits);
  return prefix <= BITS[family] ? { address, prefix, family } : undefined;
}

function familyOf(address: string): Block['family'] | undefined {
  return ({ 4: 'ipv4', 6: 'ipv6' } as const)[isIP(address)];
}

const MAPPED = new BlockList();
MAPPED.addSubnet('::ffff:0.0.0.0', 96, 'ipv6');

function isMapped(address: string): boolean {
  return isIP(address) === 6 && MAPPED.check(address, 'ipv6');
}
