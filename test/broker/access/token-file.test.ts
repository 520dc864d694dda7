import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { tokenEntry } from '#src/broker/access/token-entry.ts';
import { parseTokenFile, readTokenFile } from '#src/broker/access/token-file.ts';
import { RelayError } from '#src/errors.ts';
import { drawToken } from '#src/protocol/proof.ts';
import { emptyFolder } from '../../support/folder.ts';
import fc from '../../support/properties.ts';

const ALICE = drawToken('alice');

/** The rights of a token that the file describes so. */
function rightsOf(entry: object) {
  const file = { version: 1, tokens: { alice: { token: ALICE, ...entry } } };
  return parseTokenFile('tokens.json', JSON.stringify(file)).get('alice');
}

function faultOf(contents: unknown): string {
  const text = typeof contents === 'string' ? contents : JSON.stringify(contents);
  try {
    parseTokenFile('tokens.json', text);
  } catch (error) {
    assert.ok(error instanceof RelayError);
    assert.equal(error.code, 'E_TOKENS');
    const [, fault] =
      /^Cannot use the tokens file tokens\.json: (.*)\. Correct it\.$/.exec(error.message) ?? [];
    return fault ?? assert.fail(error.message);
  }
  return assert.fail('accepted');
}

function faultOfEntry(entry: object): string {
  return faultOf({ version: 1, tokens: { alice: { token: ALICE, ...entry } } });
}

test('a token alone has the rights of the broker, without an end', () => {
  const { limits, ...rest } = rightsOf({}) ?? assert.fail();
  assert.deepEqual(rest, {
    name: 'alice',
    token: ALICE,
    ports: undefined,
    names: [],
    group: false,
    maxRegistrations: undefined,
    expires: undefined,
    cutsConnections: false,
  });
  assert.ok(Object.values(limits).every((limit) => limit === undefined));
});

test('every right is read as what it is', () => {
  const rights = rightsOf({
    ports: ['4000-4999', '443'],
    names: ['web', 'db-1', '*'],
    group: true,
    maxRegistrations: 1,
    connections: 2,
    waiting: 3,
    connectionsPerAddress: 4,
    connectionsPerSecond: 5,
    connectionsPerSecondPerAddress: 6,
    bytesPerSecond: 7,
    idleSeconds: 0.5,
    allowClients: ['10.0.0.0/8', '::1'],
    denyClients: ['10.1.1.1'],
    expires: '2027-06-30T02:00:00+02:00',
    cutConnections: true,
  });
  assert.deepEqual(rights, {
    name: 'alice',
    token: ALICE,
    ports: [
      { from: 4000, to: 4999 },
      { from: 443, to: 443 },
    ],
    names: ['web', 'db-1', '*'],
    group: true,
    maxRegistrations: 1,
    limits: {
      clients: 2,
      waiting: 3,
      clientsPerAddress: 4,
      rate: 5,
      ratePerAddress: 6,
      bytesPerSecond: 7,
      idle: 0.5,
      allow: ['10.0.0.0/8', '::1'],
      deny: ['10.1.1.1'],
    },
    expires: Date.UTC(2027, 5, 30),
    cutsConnections: true,
  });
});

test('docs/tokens.md tells of every key that there is, and its example is taken', async () => {
  const page = await readFile('docs/tokens.md', 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key);
  assert.deepEqual(rows, Object.keys(tokenEntry.entries));
  const example = /```json\n(.*?)```/s.exec(page)?.[1] ?? '';
  const tokens = parseTokenFile('f', example.replace('web.Zx3…', drawToken('web')));
  assert.equal(tokens.get('web')?.limits.clients, 500);
});

test('a token may be named like what every object has', () => {
  for (const name of ['constructor', 'valueof', 'prototype']) {
    const token = drawToken(name);
    const tokens = parseTokenFile(
      'f',
      JSON.stringify({ version: 1, tokens: { [name]: { token } } }),
    );
    assert.equal(tokens.get(name)?.token, token);
  }
});

test('a file without tokens entitles nobody', () => {
  assert.equal(parseTokenFile('f', '{"version":1,"tokens":{}}').size, 0);
});

test('a right with a typo is refused by name, or it would bound nothing', () => {
  assert.equal(faultOfEntry({ conections: 5 }), 'tokens.alice.conections: there is no such key');
  assert.equal(faultOfEntry({ constructor: 5 }), 'tokens.alice.constructor: there is no such key');
  assert.equal(faultOf({ version: 1, tokens: {}, allow: [] }), 'allow: there is no such key');
});

test('what is wrong is told with its place', () => {
  const cases: [entry: object, fault: string][] = [
    [
      { ports: ['4000', '5000-4000'] },
      'ports.1: expected a port or a range of ports, such as "8443" or "4000-4999"',
    ],
    [
      { ports: ['0'] },
      'ports.0: expected a port or a range of ports, such as "8443" or "4000-4999"',
    ],
    [{ ports: [] }, 'ports: expected at least one port'],
    [{ ports: '4000-4999' }, 'ports: expected Array'],
    [{ ports: [443] }, 'ports.0: expected string'],
    ...['Web', '-web', 'web-', 'w.eb', '**', 'x'.repeat(64)].map((name): [object, string] => [
      { names: ['blog', name] },
      'names.1: expected a name of a-z, 0-9 and -, at most 63 characters, with no - at either end; or "*"',
    ]),
    [{ connections: 0 }, 'connections: expected a whole number of at least 1'],
    [{ connections: '5' }, 'connections: expected a whole number of at least 1'],
    [{ waiting: null }, 'waiting: expected a whole number of at least 1'],
    [{ idleSeconds: -1 }, 'idleSeconds: expected seconds, more than 0 and at most 24 days'],
    [
      { allowClients: ['10.0.0.0/33'] },
      'allowClients.0: expected an IP address or a CIDR block, such as "10.0.0.0/8"',
    ],
    [{ allowClients: [] }, 'allowClients: expected at least one block'],
    [{ cutConnections: 'no' }, 'cutConnections: expected boolean'],
  ];
  for (const [entry, fault] of cases) assert.equal(faultOfEntry(entry), `tokens.alice.${fault}`);
  assert.equal(faultOf({ version: 1, tokens: { alice: {} } }), 'tokens.alice.token: is missing');
  assert.equal(faultOf({ version: 1, tokens: { alice: 5 } }), 'tokens.alice: expected Object');
  assert.equal(
    faultOf({ version: 1, tokens: [] }),
    'tokens: expected an object with a member for each token',
  );
  assert.equal(faultOf({ version: 2, tokens: {} }), 'version: expected 1');
  assert.equal(faultOf({ tokens: {} }), 'version: is missing');
  assert.equal(faultOf('[]'), 'version: is missing');
  assert.equal(faultOf('5'), 'contents: expected Object');
});

test('an end without a zone, or that is none, is refused', () => {
  for (const expires of [
    '2027-06-30',
    '2027-06-30T00:00:00',
    '2027-13-01T00:00:00Z',
    'never',
    '',
    5,
  ]) {
    assert.match(faultOfEntry({ expires }), /^tokens\.alice\.expires: expected /);
  }
});

test('a token that is none, or of another name, is refused', () => {
  for (const token of ['', 'alice', 'alice.short', `${ALICE}x`, ` ${ALICE}`]) {
    assert.match(faultOfEntry({ token }), /^tokens\.alice\.token: expected <name>\.<secret>/);
  }
  assert.equal(
    faultOfEntry({ token: drawToken('bob') }),
    'tokens.alice.token: expected a token that begins with "alice."',
  );
  const names = { version: 1, tokens: { 'Alice B': { token: ALICE } } };
  assert.equal(faultOf(names), 'tokens.Alice B: expected a name of a-z, 0-9 and -');
});

test('what is not JSON is told with its line, where that is known', () => {
  assert.equal(faultOf('{\n  "version": 1,\n  "tokens": {},\n}'), 'line 4: it is not JSON');
  assert.equal(faultOf(''), 'it is not JSON');
});

test('no fault shows a secret, wherever in the file it is', () => {
  const secret = ALICE.slice('alice.'.length);
  const wrong: unknown[] = [
    { version: 1, tokens: { [ALICE]: {} } },
    { version: 1, tokens: { alice: { [ALICE]: 1 } } },
    { version: 1, tokens: { alice: { [secret]: 1 } } },
    { version: 1, tokens: { alice: ALICE } },
    { version: ALICE, tokens: {} },
    { version: 1, tokens: { bob: { token: ALICE } } },
    { version: 1, tokens: ALICE },
    ...['ports', 'names', 'allowClients', 'denyClients'].map((key) => ({
      version: 1,
      tokens: { alice: { token: ALICE, [key]: [ALICE] } },
    })),
    ...['connections', 'expires', 'cutConnections', 'token', 'ports'].map((key) => ({
      version: 1,
      tokens: { alice: { token: ALICE, [key]: `x${ALICE}` } },
    })),
  ];
  for (const contents of wrong) {
    assert.ok(!faultOf(contents).includes(secret.slice(0, 8)), JSON.stringify(contents));
  }
  const text = JSON.stringify({ version: 1, tokens: { alice: { token: ALICE } } }, null, 2);
  fc.assert(
    fc.property(
      fc.nat(text.length),
      fc.constantFrom('"', '}', ',', 'x', '\\', '\n', ''),
      (at, stray) => {
        const broken = text.slice(0, at) + stray + text.slice(at + 1);
        try {
          parseTokenFile('f', broken);
        } catch (error) {
          const parts = Array.from({ length: secret.length - 5 }, (_, n) => secret.slice(n, n + 6));
          const told = error instanceof Error ? `${error.stack} ${error.cause}` : '';
          assert.ok(!parts.some((part) => told.includes(part)), told);
        }
      },
    ),
  );
});

test('a file that others have rights to is refused, and what to do is said', async (t) => {
  const file = join(await emptyFolder(t), 'tokens.json');
  await writeFile(file, '{}', { mode: 0o600 });
  assert.equal(String(await readTokenFile(file)), '{}');
  for (const mode of [0o640, 0o604, 0o620]) {
    await chmod(file, mode);
    await assert.rejects(readTokenFile(file), { code: 'E_TOKENS', message: /chmod 600/ });
  }
});

test('a file that is missing or no file is refused', async (t) => {
  const folder = await emptyFolder(t);
  await assert.rejects(readTokenFile(join(folder, 'none')), {
    code: 'E_TOKENS',
    message: /none: no such file or socket\. "relay-broker token create" makes one\.$/,
  });
  await mkdir(join(folder, 'folder'), { mode: 0o700 });
  await assert.rejects(readTokenFile(join(folder, 'folder')), { code: 'E_TOKENS' });
});
