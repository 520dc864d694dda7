import assert from 'node:assert/strict';
import test from 'node:test';
import { brokerOptions, checkBrokerOptions } from '#src/options/broker-options.ts';
import { logOptions, verboseOptions } from '#src/options/log-options.ts';
import { checkOptions } from '#src/options/option.ts';

test('a broker needs a port and nothing else, and its defaults are the documented ones', () => {
  assert.deepEqual(checkOptions(brokerOptions, { port: 0 }), {
    port: 0,
    announceRandom: false,
    poolTls: false,
    clientTls: false,
    takeover: false,
    clusterName: 'relay',
    clusterPort: 0,
    lease: 60,
    heartbeat: 5,
    pairTimeout: 10,
    helloWait: 200,
    maxRegistrations: 1000,
    maxClients: 10_000,
    maxWaiting: 1000,
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
    { maxWaiting: 0 },
    { maxClientsPerAddress: 0 },
    { connectRate: 0 },
    { bytesPerSecond: 0 },
    { idleTimeout: 0 },
    { allowClients: '' },
    { denyClients: '' },
    { heartbeat: 0 },
    { lease: -1 },
    { tokens: '' },
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

function refused(options: object, message: string): void {
  assert.throws(() => checkOptions(brokerOptions, { port: 0, ...options }), {
    code: 'E_BAD_OPTION',
    message,
  });
}

test('a certificate is given in PEM with its key, or as PKCS #12, and not half or twice', () => {
  for (const tls of [{ tlsCert: 'c', tlsKey: 'k', tlsClientCa: 'a' }, { tlsPfx: 'p' }]) {
    const rest = { tlsPassphraseFile: 'f', clientTls: true };
    checkOptions(brokerOptions, { port: 0, ...tls, ...rest });
  }
  refused({ tlsKey: 'k' }, 'tlsKey: needs tlsCert');
  refused({ tlsCert: 'c' }, 'tlsCert: needs tlsKey');
  refused({ tlsKey: 'k', tlsPfx: 'p' }, 'tlsKey: needs tlsCert');
  refused(
    { tlsCert: 'c', tlsKey: 'k', tlsPfx: 'p' },
    'tlsCert: cannot be given together with tlsPfx',
  );
});

test('what only works with a certificate is refused without one', () => {
  refused({ clientTls: true }, 'clientTls: needs tlsCert or tlsPfx');
  refused({ tlsClientCa: 'a' }, 'tlsClientCa: needs tlsCert');
  refused({ tlsPassphraseFile: 'f' }, 'tlsPassphraseFile: needs tlsCert or tlsPfx');
});

test('an authority for agents goes with PEM alone, as Node trusts what else is in PKCS #12', () => {
  refused({ tlsPfx: 'p', tlsClientCa: 'a' }, 'tlsClientCa: needs tlsCert');
});

test('a list of who may register without a token is refused where everybody may', () => {
  refused({ allowBasic: '10.0.0.0/8' }, 'allowBasic: needs tokens or tlsCert or tlsPfx');
  checkOptions(brokerOptions, { port: 0, tokens: 't', allowBasic: '10.0.0.0/8,::1' });
  checkOptions(brokerOptions, { port: 0, tlsPfx: 'p', allowBasic: '10.0.0.0/8' });
});

test('lists of addresses are named with their fault', () => {
  for (const option of ['allowClients', 'denyClients']) {
    refused(
      { [option]: '10.0.0.0/8,10.0.0.0/33' },
      `${option}: expected IP addresses or CIDR blocks, such as 10.0.0.0/8,::1`,
    );
  }
});

const CLUSTER = {
  port: 8080,
  cluster: 'nats://a:4222,nats://b:4222',
  advertise: 'relay-1.example.net',
};

/** Also by what a whole set of options is checked for. */
function refusedTogether(options: object, message: string): void {
  assert.throws(() => checkBrokerOptions({ port: 0, ...options }), {
    code: 'E_BAD_OPTION',
    message,
  });
}

test('a broker of a fleet says by what the others reach it', () => {
  checkBrokerOptions({ ...CLUSTER, clusterName: 'eu-1', clusterPort: 4000 });
  refused({ cluster: 'nats://a' }, 'cluster: needs advertise');
  refusedTogether(
    { ...CLUSTER, port: 0 },
    'port: with cluster, expected a port of its own: by that, the others know this broker again',
  );
  for (const advertise of ['0.0.0.0', 'https://relay.example.net', 'relay.example.net:8080']) {
    checkBrokerOptions({ port: 0, advertise });
    refusedTogether(
      { ...CLUSTER, advertise },
      'advertise: with cluster, expected what agents and other brokers dial this machine by, such as relay-3.example.net or 192.0.2.3',
    );
  }
});

test('what a fleet keeps in NATS is not kept in a file or handed to another process', () => {
  refused({ ...CLUSTER, state: 's' }, 'cluster: cannot be given together with state');
  refused({ ...CLUSTER, takeover: true }, 'cluster: cannot be given together with takeover');
});

test('what is only for a fleet is refused without one', () => {
  for (const option of [
    { clusterName: 'eu-1' },
    { clusterPort: 4000 },
    { clusterCredentials: 'c' },
    { clusterNkey: 'n' },
    { clusterCa: 'a' },
    { clusterCert: 'c', clusterKey: 'k' },
  ]) {
    refused(option, `${Object.keys(option)[0]}: needs cluster`);
  }
});

test('a broker shows itself to NATS in one way, and with a whole certificate', () => {
  const tls = { clusterCa: 'a', clusterCert: 'c', clusterKey: 'k' };
  checkBrokerOptions({ ...CLUSTER, ...tls, clusterCredentials: 'c' });
  checkBrokerOptions({ ...CLUSTER, ...tls, clusterNkey: 'n' });
  refused(
    { ...CLUSTER, clusterCredentials: 'c', clusterNkey: 'n' },
    'clusterCredentials: cannot be given together with clusterNkey',
  );
  refused({ ...CLUSTER, clusterKey: 'k' }, 'clusterKey: needs clusterCert');
  refusedTogether({ ...CLUSTER, clusterCert: 'c' }, 'clusterCert: needs clusterKey');
});

test('a fleet is called what NATS can call a bucket', () => {
  for (const clusterName of ['eu-1', 'EU_1', 'x'.repeat(64)]) {
    checkBrokerOptions({ ...CLUSTER, clusterName });
  }
  for (const clusterName of ['', 'eu.1', 'eu 1', '*', 'x'.repeat(65)]) {
    refused(
      { ...CLUSTER, clusterName },
      'clusterName: expected up to 64 of A-Z, a-z, 0-9, _ and -',
    );
  }
});

test('logs are pretty and quiet unless asked otherwise', () => {
  const options = { ...logOptions, ...verboseOptions };
  assert.deepEqual(checkOptions(options, {}), { log: 'pretty', verbose: false });
  assert.throws(() => checkOptions(options, { log: 'xml' }), /log: expected pretty or json/);
});
