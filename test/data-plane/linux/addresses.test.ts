import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Addresses } from '#src/data-plane/linux/addresses.ts';

/** Milliseconds for which a look-up is used again. */
const FRESH = 1000;

test('what needs no look-up is known at once', () => {
  const addresses = new Addresses();
  for (const [host, port] of [
    ['127.0.0.1', 1],
    ['::1', 2],
    ['fe80::1%lo', 3],
  ] as const) {
    assert.deepEqual(addresses.known({ host, port }), [{ address: host, port }]);
  }
  assert.deepEqual(addresses.known({ path: '/run/a.sock' }), [{ path: '/run/a.sock' }]);
});

test('a name that was looked up is known for a while, with any port', async (t) => {
  const addresses = new Addresses();
  const host = 'localhost';
  assert.equal(addresses.known({ host, port: 1 }), undefined);
  const found = await addresses.find({ host, port: 1 });
  assert.ok(found.length > 0);
  for (const address of found) {
    assert.ok('address' in address && ['127.0.0.1', '::1'].includes(address.address));
    assert.equal(address.port, 1);
  }
  const known = addresses.known({ host, port: 2 });
  assert.deepEqual(
    known,
    found.map((address) => ({ ...address, port: 2 })),
  );
  const later = performance.now() + FRESH + 1;
  t.mock.method(performance, 'now', () => later);
  assert.equal(addresses.known({ host, port: 1 }), undefined);
});

test('a name without an address is an error each time, never remembered', async () => {
  const addresses = new Addresses();
  const endpoint = { host: 'no.invalid', port: 1 };
  for (const _ of [1, 2]) {
    await assert.rejects(addresses.find(endpoint), { code: /^(ENOTFOUND|EAI_AGAIN)$/ });
    assert.equal(addresses.known(endpoint), undefined);
  }
});
