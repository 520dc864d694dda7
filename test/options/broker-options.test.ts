import assert from 'node:assert/strict';
import test from 'node:test';
import { brokerOptions } from '#src/options/broker-options.ts';
import { logOptions, verboseOptions } from '#src/options/log-options.ts';
import { checkOptions } from '#src/options/option.ts';

test('a broker needs a port and nothing else, and its defaults are the documented ones', () => {
  assert.deepEqual(checkOptions(brokerOptions, { port: 0 }), {
    port: 0,
    pairTimeout: 10,
    helloWait: 200,
    maxRegistrations: 1000,
    maxClients: 10_000,
    backConnectFrom: 'same',
    halfCloseTimeout: 600,
    drain: 10,
    dataPlane: 'auto',
  });
  assert.throws(() => checkOptions(brokerOptions, {}), /^RelayError: port is missing$/);
});

test('nothing that would switch a limit off is accepted', () => {
  const off: Record<string, unknown>[] = [
    { maxRegistrations: 0 },
    { maxClients: 0 },
    { maxClients: Number.POSITIVE_INFINITY },
    { pairTimeout: 0 },
    { halfCloseTimeout: 0 },
    { pairTimeout: -1 },
    { drain: -1 },
  ];
  for (const option of off) {
    const [name] = Object.keys(option);
    assert.throws(
      () => checkOptions(brokerOptions, { port: 0, ...option }),
      new RegExp(`^RelayError: ${name}: `),
    );
  }
});

test('no wait for a hello and no time to drain are both allowed', () => {
  const { helloWait, drain } = checkOptions(brokerOptions, { port: 0, helloWait: 0, drain: 0 });
  assert.deepEqual({ helloWait, drain }, { helloWait: 0, drain: 0 });
});

test('back-connects are taken from the same address or from any, and no third word exists', () => {
  for (const backConnectFrom of ['same', 'any']) {
    assert.equal(
      checkOptions(brokerOptions, { port: 0, backConnectFrom }).backConnectFrom,
      backConnectFrom,
    );
  }
  assert.throws(
    () => checkOptions(brokerOptions, { port: 0, backConnectFrom: 'all' }),
    /backConnectFrom: expected same or any/,
  );
});

test('logs are pretty and quiet unless asked otherwise', () => {
  const options = { ...logOptions, ...verboseOptions };
  assert.deepEqual(checkOptions(options, {}), { log: 'pretty', verbose: false });
  assert.throws(() => checkOptions(options, { log: 'xml' }), /log: expected pretty or json/);
});
