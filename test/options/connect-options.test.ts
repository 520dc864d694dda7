import assert from 'node:assert/strict';
import test from 'node:test';
import { RelayError } from '#src/errors.ts';
import { connectOptions } from '#src/options/connect-options.ts';
import { checkOptions } from '#src/options/option.ts';
import { parseListen } from '#src/options/values.ts';

const SERVICE = { name: 'blog', via: 'relay.example.net:9010' };

test('a port alone is one of this machine, for this machine', () => {
  assert.deepEqual(parseListen(8080), { host: '127.0.0.1', port: 8080 });
  assert.deepEqual(parseListen('0'), { host: '127.0.0.1', port: 0 });
  assert.deepEqual(parseListen('[::]:80'), { host: '::', port: 80 });
  assert.deepEqual(parseListen('127.0.0.1:0'), { host: '127.0.0.1', port: 0 });
});

test('what is neither a port nor an address is refused', () => {
  for (const listen of ['', '65536', -1, 1.5, 'localhost', ':80', '0.0.0.0:', true]) {
    assert.throws(
      () => checkOptions(connectOptions, { ...SERVICE, listen }),
      (error: unknown) => error instanceof RelayError && /^listen: expected/.test(error.message),
      String(listen),
    );
  }
});

test('a service takes a name and a relay', () => {
  assert.equal(checkOptions(connectOptions, SERVICE).listen, undefined);
  assert.throws(() => checkOptions(connectOptions, {}), {
    message: 'name is missing; via is missing',
  });
});
