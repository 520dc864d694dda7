import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import test from 'node:test';
import type { TokenRights } from '#src/broker/access/token-rights.ts';
import { Handshake, type HandshakePolicy, type Step } from '#src/broker/reception/handshake.ts';
import fc from '../../support/properties.ts';

const NONCE = 'a'.repeat(43);
const TOKEN = `alice.${'s'.repeat(43)}`;

const ALICE: TokenRights = {
  name: 'alice',
  token: TOKEN,
  ports: undefined,
  names: [],
  group: false,
  maxRegistrations: undefined,
  limits: {},
  expires: undefined,
  cutsConnections: false,
};

function open(policy: Partial<HandshakePolicy> = {}, secured = false): Handshake {
  const everybody = { tlsRequired: false, tokenRequired: false, findToken: () => undefined };
  return new Handshake({ ...everybody, ...policy }, { secured });
}

/** Alice may register, and nobody without a token. */
function closed(alice: Partial<TokenRights> = {}): Handshake {
  return open({
    tokenRequired: true,
    findToken: (name) => (name === 'alice' ? { ...ALICE, ...alice } : undefined),
  });
}

/** Says [HELLO] and returns the broker's nonce. */
function challenge(handshake: Handshake, token?: string): string {
  const step = handshake.read(line('HELLO', { version: 1, nonce: NONCE, token }));
  assert.equal(step.do, 'challenge');
  const [, json = ''] = /^\[CHALLENGE\] (.*)\n$/.exec('line' in step ? step.line : '') ?? [];
  const { version, nonce } = JSON.parse(json);
  assert.equal(version, 1);
  return nonce;
}

function line(word: string, body: object = {}): string {
  return `[${word}] ${JSON.stringify(body)}`;
}

function proof(role: string, token: string, name: string, brokerNonce: string): string {
  return createHmac('sha256', token)
    .update(`relay-broker/1 ${role}\n${name}\n${NONCE}\n${brokerNonce}`)
    .digest('base64url');
}

/** The code of a refusal, or what else is to be done. */
function outcomeOf(step: Step): string {
  return 'error' in step ? `${step.do} ${step.error.code}` : step.do;
}

test('without tokens, an agent registers with what it asks for', () => {
  const handshake = open();
  challenge(handshake);
  const step = handshake.read(line('REGISTER', { port: 4000, limits: { clients: 5 }, news: 1 }));
  assert.deepEqual(step, {
    do: 'register',
    application: {
      request: { port: 4000, limits: { clients: 5 } },
      rights: undefined,
      proof: undefined,
    },
  });
});

test('an agent that proves its token has its rights, and the broker’s proof', () => {
  const handshake = closed();
  const nonce = challenge(handshake, 'alice');
  const step = handshake.read(line('REGISTER', { proof: proof('agent', TOKEN, 'alice', nonce) }));
  assert.ok(step.do === 'register');
  assert.equal(step.application.rights?.name, 'alice');
  assert.equal(step.application.proof, proof('broker', TOKEN, 'alice', nonce));
});

test('a proof is good for the nonces of its own connection only', () => {
  const first = closed();
  const recorded = proof('agent', TOKEN, 'alice', challenge(first, 'alice'));
  const second = closed();
  assert.notEqual(challenge(second, 'alice'), undefined);
  assert.equal(outcomeOf(second.read(line('REGISTER', { proof: recorded }))), 'deny token-refused');
});

test('the broker’s own proof, sent back, proves nothing', () => {
  const handshake = closed();
  const reflected = proof('broker', TOKEN, 'alice', challenge(handshake, 'alice'));
  assert.equal(
    outcomeOf(handshake.read(line('REGISTER', { proof: reflected }))),
    'deny token-refused',
  );
});

test('no token, an unknown one and a wrong one are told apart no further than they may be', () => {
  const without = closed();
  challenge(without);
  assert.equal(outcomeOf(without.read(line('REGISTER'))), 'refuse token-required');

  const denials = ['alice', 'mallory'].map((name) => {
    const handshake = closed();
    const nonce = challenge(handshake, name);
    const wrong = proof('agent', `${name}.${'x'.repeat(43)}`, name, nonce);
    return handshake.read(line('REGISTER', { proof: wrong }));
  });
  assert.deepEqual(denials.map(outcomeOf), ['deny token-refused', 'deny token-refused']);
  const [known, unknown] = denials.map((step) => ('error' in step ? step.error : undefined));
  assert.deepEqual(known, unknown);

  const silent = closed();
  challenge(silent, 'alice');
  assert.equal(outcomeOf(silent.read(line('REGISTER'))), 'deny token-refused');
});

test('a token is asked for in vain where there are none: the agent would not believe the broker', () => {
  const handshake = open();
  challenge(handshake, 'alice');
  assert.equal(outcomeOf(handshake.read(line('REGISTER'))), 'deny token-refused');
});

test('that a token has expired is told only to who has it', () => {
  const expires = Date.now() - 1;
  const right = closed({ expires });
  const nonce = challenge(right, 'alice');
  const register = line('REGISTER', { proof: proof('agent', TOKEN, 'alice', nonce) });
  assert.equal(outcomeOf(right.read(register)), 'refuse token-expired');

  const wrong = closed({ expires });
  challenge(wrong, 'alice');
  assert.equal(outcomeOf(wrong.read(line('REGISTER', { proof: NONCE }))), 'deny token-refused');
});

test('where TLS is demanded, a plain connection is told before it says more', () => {
  const hello = line('HELLO', { version: 1, nonce: NONCE });
  assert.equal(outcomeOf(open({ tlsRequired: true }).read(hello)), 'refuse tls-required');
  assert.equal(outcomeOf(open({ tlsRequired: true }, true).read(hello)), 'challenge');
});

test('a newer agent is answered with the version that is spoken here', () => {
  const step = open().read(line('HELLO', { version: 99, nonce: NONCE, more: {} }));
  assert.match('line' in step ? step.line : '', /"version":1\b/);
});

test('each line that does not belong where it is has its own answer', () => {
  const back = { registration: 1, ticket: 'x'.repeat(22) };
  for (const [first, expected] of [
    ['GET / HTTP/1.1', 'refuse hello-unknown'],
    ['[PING] {}', 'refuse hello-unknown'],
    ['[REGISTER] {}', 'refuse hello-unknown'],
    ['[hello] {}', 'refuse hello-unknown'],
    [' [HELLO] {}', 'refuse hello-unknown'],
    ['[HELLO]', 'refuse bad-message'],
    ['[HELLO] {}', 'refuse bad-message'],
    ['[HELLO] {"version":0,"nonce":"aaaaaaaaaaaaaaaa"}', 'refuse bad-message'],
    ['[HELLO] {"version":1,"nonce":"short"}', 'refuse bad-message'],
    [line('TICKET', back), 'adopt'],
    [line('SPARE', back), 'adopt'],
    ['[TICKET] {"ticket":"x"}', 'refuse bad-message'],
  ] as const) {
    assert.equal(outcomeOf(open().read(first)), expected, first);
  }
  for (const [second, expected] of [
    ['[PING] {}', 'refuse out-of-order'],
    [line('HELLO', { version: 1, nonce: NONCE }), 'refuse out-of-order'],
    [line('TICKET', back), 'refuse out-of-order'],
    ['[REGISTER] {"port":0}', 'refuse bad-message'],
    ['[REGISTER] {"limits":{"clients":-1}}', 'refuse bad-message'],
    ['anything', 'refuse bad-message'],
    ['[NEWS] {}', 'object word-unknown'],
    ['[ERROR] {"code":"word-unknown","message":""}', 'nothing'],
  ] as const) {
    const handshake = open();
    challenge(handshake);
    assert.equal(outcomeOf(handshake.read(second)), expected, second);
  }
});

test('unknown words are answered for a while, and not for ever', () => {
  const handshake = open();
  challenge(handshake);
  const outcomes = Array.from({ length: 100 }, () => handshake.read('[NEWS] {}'));
  const fatal = outcomes.findIndex((step) => step.do === 'refuse');
  assert.equal(fatal, 64);
});

test('whatever is said is answered, never with an exception', () => {
  const word = fc.constantFrom('HELLO', 'REGISTER', 'TICKET', 'PING', 'NEWS', 'ERROR');
  const body = fc.oneof(
    fc.constant({ version: 1, nonce: NONCE, token: 'alice' }),
    fc.jsonValue(),
    fc.record({ port: fc.integer(), resume: fc.string(), limits: fc.object() }),
  );
  const message = fc.tuple(word, body).map(([w, b]) => `[${w}] ${JSON.stringify(b)}`);
  const lines = fc.array(fc.oneof(message, fc.string({ unit: 'binary' })), { maxLength: 5 });
  fc.assert(
    fc.property(lines, (said) => {
      const handshake = closed();
      for (const each of said) {
        const step = handshake.read(each);
        assert.notEqual(step.do, 'register', 'nobody has proved anything');
        if (step.do === 'refuse' || step.do === 'deny' || step.do === 'adopt') break;
      }
    }),
  );
});
