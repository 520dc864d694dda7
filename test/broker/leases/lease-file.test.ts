import assert from 'node:assert/strict';
import test from 'node:test';
import { formatLeases, type Lease, parseLeases } from '#src/broker/leases/lease-file.ts';
import fc from '../../support/properties.ts';

const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('base64url'));

const lease: fc.Arbitrary<Lease> = fc.record(
  {
    keyHash: hash,
    port: fc.integer({ min: 1, max: 65535 }),
    name: fc.constantFrom('blog', 'a-1'),
    group: fc.boolean(),
    token: fc.constantFrom('alice', 'b-2'),
    secured: fc.boolean(),
    limits: fc.record(
      {
        allow: fc.array(fc.constantFrom('10.0.0.0/8', '::1'), { maxLength: 64 }),
        idle: fc.constantFrom(0.5, 30),
        clients: fc.integer({ min: 1 }),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
  },
  { requiredKeys: ['keyHash', 'port', 'secured', 'limits'], noNullPrototype: true },
);

test('what is written is what is read', () => {
  fc.assert(
    fc.property(fc.array(lease), (leases) => {
      assert.deepEqual(parseLeases(formatLeases(leases)), leases);
    }),
  );
});

test('what is no file of leases, or not of this version, is not taken for one', () => {
  const whole = formatLeases([{ keyHash: 'x'.repeat(43), port: 4000, secured: false, limits: {} }]);
  assert.equal(parseLeases(whole)?.length, 1);
  for (const text of [
    '',
    '[]',
    '{}',
    whole.slice(0, -5),
    whole.replace('"version": 1', '"version": 2'),
    whole.replace('relay-broker leases', 'relay-broker tokens'),
    whole.replace('4000', '65536'),
    whole.replace('"port"', '"name": "Blog", "port"'),
    whole.replace('"port"', '"group": "web", "port"'),
    whole.replace('"secured": false,', ''),
    whole.replace('xxx', ''),
  ]) {
    assert.equal(parseLeases(text), undefined, text);
  }
});

test('any text is either leases or none, never an exception', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseLeases(text)));
});
