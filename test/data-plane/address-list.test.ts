import assert from 'node:assert/strict';
import test from 'node:test';
import { AddressList, isBlock } from '#src/data-plane/address-list.ts';
import fc from '../support/properties.ts';

test('an address is in a list that names it or a block around it, and in no other', () => {
  const list = new AddressList(['192.0.2.7', '10.0.0.0/8', '2001:db8::/32', '::1']);
  for (const inside of ['192.0.2.7', '10.0.0.0', '10.255.255.255', '2001:db8:ffff::9', '::1']) {
    assert.ok(list.has(inside), inside);
  }
  for (const outside of ['192.0.2.8', '9.255.255.255', '11.0.0.0', '2001:db9::', '::2', '::']) {
    assert.ok(!list.has(outside), outside);
  }
});

test('nothing is in an empty list', () => {
  const list = new AddressList([]);
  for (const address of ['127.0.0.1', '::1']) assert.ok(!list.has(address));
});

test('an IPv4 client of a dual-stack listener is found under its own address', () => {
  const list = new AddressList(['10.0.0.0/8']);
  assert.ok(list.has('::ffff:10.1.2.3'));
  assert.ok(!list.has('::ffff:11.1.2.3'));
});

test('a block of everything means everything of its own family only', () => {
  const [v4, v6] = [new AddressList(['0.0.0.0/0']), new AddressList(['::/0'])];
  for (const address of ['192.0.2.1', '::ffff:192.0.2.1']) {
    assert.ok(v4.has(address));
    assert.ok(!v6.has(address), `${address} in ::/0`);
  }
  assert.ok(v6.has('2001:db8::1'));
  assert.ok(!v4.has('2001:db8::1'));
});

test('the zone of a link-local address makes no difference', () => {
  const list = new AddressList(['fe80::/10']);
  assert.ok(list.has('fe80::1%eth0'));
  assert.ok(!list.has('fec0::1%eth0'));
});

test('what is no address is in no list', () => {
  const list = new AddressList(['0.0.0.0/0', '::/0']);
  for (const text of ['', 'localhost', '10.0.0', '10.0.0.0/8', '::1::']) {
    assert.ok(!list.has(text), text);
  }
});

test('what is neither an address nor a CIDR block is told from one', () => {
  for (const block of ['0.0.0.0/0', '10.1.2.3/32', '::/0', '::1/128', '2001:DB8::1', '1.2.3.4']) {
    assert.ok(isBlock(block), block);
  }
  const wrong = [
    '',
    'localhost',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '10.0.0',
    '010.0.0.1',
    ' 10.0.0.1',
    '10.0.0.1 ',
    'fe80::1%eth0',
    'fe80::1%/64',
    '::ffff:10.0.0.1',
    '::ffff:a00:1',
    '0:0:0:0:0:ffff:a00:0/104',
  ];
  for (const text of wrong) {
    assert.ok(!isBlock(text), text);
    assert.throws(() => new AddressList([text]), RangeError);
  }
});

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

/** Whether two addresses agree in their first bits. */
function agree(one: Uint8Array, other: Uint8Array, bits: number): boolean {
  const number = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  const rest = BigInt(one.length * 8 - bits);
  return number(one) >> rest === number(other) >> rest;
}

/** Any two addresses that agree in some first bits, so that both answers are common. */
function neighbours(length: number) {
  return fc
    .tuple(octets(length), octets(length), fc.integer({ min: 0, max: length }))
    .map(([one, other, same]) => [
      one,
      Uint8Array.from([...one.slice(0, same), ...other.slice(same)]),
    ])
    .chain(([one, other]) =>
      fc.record({
        one: fc.constant(one ?? new Uint8Array()),
        other: fc.constant(other ?? new Uint8Array()),
        prefix: fc.integer({ min: 0, max: length * 8 }),
      }),
    );
}

test('an address is in a block exactly when it begins with the same bits', () => {
  const v4 = (bytes: Uint8Array) => bytes.join('.');
  const v6 = (bytes: Uint8Array) =>
    (Buffer.from(bytes).toString('hex').match(/..../g) ?? []).join(':');
  for (const [length, text] of [
    [4, v4],
    [16, v6],
  ] as const) {
    fc.assert(
      fc.property(neighbours(length), ({ one, other, prefix }) => {
        fc.pre(length === 4 || (isBlock(text(one)) && isBlock(text(other))));
        const list = new AddressList([`${text(one)}/${prefix}`]);
        assert.equal(list.has(text(other)), agree(one, other, prefix));
      }),
      { numRuns: 500 },
    );
  }
});
