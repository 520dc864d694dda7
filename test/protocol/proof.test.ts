import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import test from 'node:test';
import {
  drawKey,
  drawNonce,
  drawTicket,
  drawToken,
  nameOfToken,
  prove,
  sameProof,
} from '#src/protocol/proof.ts';
import fc from '../support/properties.ts';

const TOKEN = `alice.${'s'.repeat(43)}`;
const CHALLENGE = { name: 'alice', agentNonce: 'a'.repeat(43), brokerNonce: 'b'.repeat(43) };

test('a proof is what docs/protocol.md says, to the octet', () => {
  const text = `relay-broker/1 agent\nalice\n${'a'.repeat(43)}\n${'b'.repeat(43)}`;
  const expected = createHmac('sha256', TOKEN).update(text, 'ascii').digest('base64url');
  assert.equal(prove('agent', TOKEN, CHALLENGE), expected);
  assert.equal(expected.length, 43);
});

test('another role, token, name or nonce makes another proof', () => {
  const proofs = [
    prove('agent', TOKEN, CHALLENGE),
    prove('broker', TOKEN, CHALLENGE),
    prove('agent', `${TOKEN}x`, CHALLENGE),
    prove('agent', TOKEN, { ...CHALLENGE, name: 'bob' }),
    prove('agent', TOKEN, { ...CHALLENGE, agentNonce: 'c'.repeat(43) }),
    prove('agent', TOKEN, { ...CHALLENGE, brokerNonce: 'c'.repeat(43) }),
  ];
  assert.equal(new Set(proofs).size, proofs.length);
  const [proof = '', ...others] = proofs;
  assert.ok(sameProof(proof, prove('agent', TOKEN, CHALLENGE)));
  for (const other of others) assert.equal(sameProof(proof, other), false);
});

test('proofs of different lengths are just different', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      assert.equal(sameProof(one, other), one === other);
    }),
  );
});

test('nonces, keys and tickets are of the promised size and never the same', () => {
  for (const [draw, length] of [
    [drawNonce, 43],
    [drawKey, 43],
    [drawTicket, 22],
  ] as const) {
    const drawn = Array.from({ length: 1000 }, draw);
    assert.equal(new Set(drawn).size, drawn.length);
    for (const each of drawn) assert.match(each, new RegExp(`^[A-Za-z0-9_-]{${length}}$`));
  }
});

test('a token says whose it is', () => {
  assert.equal(nameOfToken(drawToken('web-1')), 'web-1');
  const none = [
    '',
    'alice',
    'alice.',
    `.${'s'.repeat(43)}`,
    `Alice.${'s'.repeat(43)}`,
    `alice.${'s'.repeat(42)}`,
    `alice.${'s'.repeat(43)}\n`,
    `al.ice.${'s'.repeat(43)}`,
    `${'a'.repeat(65)}.${'s'.repeat(43)}`,
  ];
  for (const text of none) assert.equal(nameOfToken(text), undefined, JSON.stringify(text));
});
