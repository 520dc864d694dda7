import assert from 'node:assert/strict';
import test from 'node:test';
import type { ClientLimits } from '#src/data-plane/data-plane.ts';
import { AddressRates } from '#src/data-plane/switchboard/address-rates.ts';
import { Admission } from '#src/data-plane/switchboard/admission.ts';
import { LIMITS } from '../../support/exchange.ts';
import fc from '../../support/properties.ts';

function admission(limits: Partial<ClientLimits>): Admission {
  return new Admission({ ...LIMITS, ...limits }, 0);
}

test('whoever is denied is denied, also where allowed', () => {
  const door = admission({ allow: [['10.0.0.0/8']], deny: ['10.1.0.0/16', '2001:db8::/32'] });
  assert.equal(door.enter('10.2.0.1', 0), undefined);
  assert.equal(door.enter('10.1.0.1', 0), 'denied');
  assert.equal(door.enter('192.0.2.1', 0), 'denied');
  assert.equal(door.enter('2001:db8::1', 0), 'denied');
});

test('an empty list of those allowed allows nobody, and no list allows everybody', () => {
  assert.equal(admission({ allow: [[]] }).enter('192.0.2.1', 0), 'denied');
  assert.equal(admission({ allow: [] }).enter('192.0.2.1', 0), undefined);
});

test('what is no list of addresses is told, and what was in force stays', () => {
  const door = admission({ deny: ['192.0.2.1'] });
  assert.throws(() => door.limit({ ...LIMITS, allow: [['nowhere']] }, 0), RangeError);
  assert.equal(door.enter('192.0.2.1', 0), 'denied');
  assert.equal(door.enter('192.0.2.2', 0), undefined);
});

test('who is refused for something else uses up no rate', () => {
  const door = admission({ clientsPerAddress: 1, rate: 2 });
  assert.equal(door.enter('192.0.2.1', 0), undefined);
  for (let n = 0; n < 10; n += 1) assert.equal(door.enter('192.0.2.1', 0), 'address-limit');
  assert.equal(door.enter('192.0.2.2', 0), undefined);
  assert.equal(door.enter('192.0.2.3', 0), 'rate');
});

test('an address over its rate uses up none of the rate in all', () => {
  const door = admission({ ratePerAddress: 1, rate: 2 });
  for (const expected of [undefined, 'rate', 'rate', 'rate']) {
    assert.equal(door.enter('192.0.2.1', 0), expected);
  }
  assert.equal(door.enter('192.0.2.2', 0), undefined);
});

test('new limits leave rates that stay the same as used up as they were', () => {
  const door = admission({ ratePerAddress: 1, rate: 5 });
  assert.equal(door.enter('192.0.2.1', 0), undefined);
  door.limit({ ...LIMITS, ratePerAddress: 1, rate: 5, clients: 7 }, 0);
  assert.equal(door.enter('192.0.2.1', 0), 'rate');
  door.limit({ ...LIMITS, ratePerAddress: 2 }, 0);
  assert.equal(door.enter('192.0.2.1', 0), undefined);
  door.limit(LIMITS, 0);
  for (let n = 0; n < 10; n += 1) assert.equal(door.enter('192.0.2.1', 0), undefined);
});

test('those who were here before a limit count, and nobody is sent away for it', () => {
  const door = admission({});
  for (let n = 0; n < 3; n += 1) door.enter('192.0.2.1', 0);
  door.limit({ ...LIMITS, clientsPerAddress: 3, clients: 4 }, 0);
  assert.equal(door.enter('192.0.2.1', 0), 'address-limit');
  door.leave('192.0.2.1');
  assert.equal(door.enter('192.0.2.1', 0), undefined);
  assert.equal(door.enter('192.0.2.2', 0), undefined);
  assert.equal(door.enter('192.0.2.3', 0), 'limit');
});

test('however they come and go, never more are here than may be', () => {
  const visits = fc.array(fc.record({ from: fc.nat(4), enters: fc.boolean() }));
  fc.assert(
    fc.property(visits, (story) => {
      const door = admission({ clients: 5, clientsPerAddress: 2 });
      const here: string[] = [];
      for (const { from, enters } of story) {
        const address = `192.0.2.${from}`;
        const own = here.filter((other) => other === address).length;
        if (enters) {
          const expected = here.length >= 5 ? 'limit' : own >= 2 ? 'address-limit' : undefined;
          assert.equal(door.enter(address, 0), expected);
          if (expected === undefined) here.push(address);
        } else if (own > 0) {
          door.leave(address);
          here.splice(here.indexOf(address), 1);
        }
      }
    }),
  );
});

test('an address is allowed as many at once as in a second, then as time passes', () => {
  const rates = new AddressRates(2);
  const taken = (now: number) => rates.take('192.0.2.1', now);
  assert.deepEqual([taken(0), taken(0), taken(0), taken(499)], [true, true, false, false]);
  assert.deepEqual([taken(500), taken(500)], [true, false]);
  assert.deepEqual([taken(10_000), taken(10_000), taken(10_000)], [true, true, false]);
});

test('a million addresses take no more memory than the last of them', () => {
  const rates = new AddressRates(1);
  for (let n = 0; n < 1_000_000; n += 1) {
    assert.ok(rates.take(`2001:db8::${n.toString(16)}`, 0));
    // Whoever comes again and again is not forgotten for those who come once.
    assert.equal(rates.take('192.0.2.1', 0), n === 0);
    assert.ok(rates.size <= 16 * 1024);
  }
});
