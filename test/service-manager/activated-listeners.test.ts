import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BrokerOptions, brokerOptions } from '#src/options/broker-options.ts';
import { checkOptions } from '#src/options/option.ts';
import { activatedListeners } from '#src/service-manager/activated-listeners.ts';

function activated(names: string[], options: Partial<BrokerOptions> = {}) {
  const listeners = names.map((name, n) => ({ name, descriptor: 3 + n }));
  return activatedListeners(listeners, checkOptions(brokerOptions, { port: 8080, ...options }));
}

test('a listener is called after its role, and maybe its port', () => {
  const doors = { tlsNames: 443, domain: 'example.net', pool: '8083:8084' };
  assert.deepEqual(activated(['control', 'tls-names', 'client-40123', 'pool-8083'], doors), [
    { role: 'control', descriptor: 3, port: undefined },
    { role: 'tls-names', descriptor: 4, port: undefined },
    { role: 'client', descriptor: 5, port: 40123 },
    { role: 'pool', descriptor: 6, port: 8083 },
  ]);
});

test('a name that says nothing is refused, with those that would', () => {
  for (const name of ['relay-broker.socket', 'unknown', 'client', 'toString', '']) {
    assert.throws(() => activated([name]), {
      code: 'E_LISTEN',
      message: /FileDescriptorName= say what it is for: control, client-<port>, announce, .*\.$/,
    });
  }
});

test('a listener that the broker would not accept from is refused, with what is missing', () => {
  assert.throws(() => activated(['http-names']), {
    code: 'E_LISTEN',
    message: /"http-names", and there is no --http-names\. Add that/,
  });
});
