import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import test from 'node:test';
import { agentShape } from '#src/config/agent-shape.ts';
import { brokerShape } from '#src/config/broker-shape.ts';
import { ConfigError } from '#src/config/config-error.ts';
import { readConfigFile } from '#src/config/config-file.ts';
import type { Layer } from '#src/config/layer.ts';
import { printConfiguration } from '#src/config/print.ts';
import { resolveConfiguration, UNNAMED } from '#src/config/resolve.ts';
import type { Shape } from '#src/config/shape.ts';
import type { Options } from '#src/options/option.ts';

const FILE = '/etc/relay/r.toml';
const TARGET = 'target = 1\nto = "a:1"\n';

/** What command line or environment say. */
function above(values: Record<string, unknown>): Layer {
  const origin = { from: 'outside', name: 'above' } as const;
  return new Map(Object.entries(values).map(([key, value]) => [key, { value, origin }]));
}

function configuration<P extends Options, S extends Options>(
  shape: Shape<P, S>,
  text: string,
  values: Record<string, unknown> = {},
) {
  return resolveConfiguration(shape, above(values), readConfigFile(FILE, text, shape));
}

const broker = (text: string, values: Record<string, unknown> = {}) =>
  configuration(brokerShape, text, { port: 8080, ...values }).process.settings;

const agent = (text: string, values: Record<string, unknown> = {}) =>
  configuration(agentShape, text, values);

/** All that is wrong, the file's name left out. */
function faultsOf<P extends Options, S extends Options>(
  shape: Shape<P, S>,
  text: string,
  values: Record<string, unknown> = {},
): string[] {
  try {
    configuration(shape, text, values);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.equal(error.code, 'E_BAD_OPTION');
    return error.faults.map((fault) => fault.replace(`${FILE}:`, ''));
  }
  return [];
}

test('what is given elsewhere beats the file, and the file beats the defaults', () => {
  const text = 'port = 1\ndrain = 5\nlease = 7\n';
  const { port, drain, lease, heartbeat } = broker(text, { drain: 6 });
  assert.deepEqual([port, drain, lease, heartbeat], [8080, 6, 7, 5]);
});

test('a list may be an array, and what names a file is relative to the folder of this one', () => {
  const settings = broker(`
    deny-clients = ["10.0.0.0/8", "::1"]
    pool = "1:2,3:4"
    tokens = "tokens.json"
    allow-basic = "::1"
    state = "/var/lib/state"
    host = "tokens.json"
  `);
  assert.equal(settings.denyClients, '10.0.0.0/8,::1');
  assert.equal(settings.pool, '1:2,3:4');
  assert.equal(settings.tokens, '/etc/relay/tokens.json');
  assert.equal(settings.state, '/var/lib/state');
  assert.equal(settings.host, 'tokens.json');
  assert.equal(broker('', { tokens: 'tokens.json' }).tokens, 'tokens.json');
  const { services } = agent('target = 1\nto = ["a:1", "b:1"]');
  assert.equal(services.get(UNNAMED)?.settings.to, 'a:1,b:1');
});

test('every fault is told, in the order of the file, with its place and what to do', () => {
  const text = `drian = 5
max-clients = "x"
maxWaiting = 5
deny-clients = ["10.0.0.0/8", "localhost"]
tls-cert = "cert.pem"
config = "x"
ports = "4000-3999"
allow-basic = []
log = ["json"]
verbose = 1
colour = "blue"
state = ""
lease = 1979-05-27
[tls-names]
a = 1
[[hooks]]
a = 1
`;
  assert.deepEqual(faultsOf(brokerShape, text, { port: 1 }), [
    '1:1: unknown key "drian"; did you mean drain?',
    '2:15: max-clients: expected a whole number of at least 1',
    '3:1: unknown key "maxWaiting"; did you mean max-waiting?',
    '4:31: deny-clients: expected IP addresses or CIDR blocks, such as 10.0.0.0/8,::1',
    '5:1: tls-cert: needs tls-key',
    '6:1: config: belongs on the command line',
    '7:9: ports: expected <from>-<to> within 1 to 65535, such as 4000-4999',
    '8:15: allow-basic: expected something in the array; for none, leave the key out',
    '9:7: log: expected one value, not an array',
    '10:11: verbose: expected true or false',
    '11:1: unknown key "colour"; take it out',
    '12:9: state: expected some text',
    '13:9: lease: expected seconds, 0 to 24 days',
    '14:2: tls-names: expected a value, not a table',
    '16:3: unknown key "hooks"; did you mean hook?',
  ]);
});

test('what does not go together is told where the file says it, also with what is given elsewhere', () => {
  const cert = 'tls-cert = "c"\ntls-key = "k"\n';
  assert.deepEqual(faultsOf(brokerShape, `${cert}tls-pfx = "p"\nport = 1\n`), [
    '1:1: tls-cert: cannot be given together with tls-pfx',
  ]);
  assert.deepEqual(faultsOf(brokerShape, 'client-tls = true\n', { port: 1, tlsCert: 'c' }), [
    'tlsCert: needs tlsKey',
  ]);
  assert.deepEqual(faultsOf(brokerShape, 'tls-key = "k"\n', { port: 1, tlsCert: 'c' }), []);
});

test('a front door that nobody could come in by is told of where it is asked for', () => {
  const text = 'port = 1\ntokens = "t"\nannounce-port = 2\npool = "3:4"\npool-tls = true\n';
  assert.deepEqual(faultsOf(brokerShape, text), [
    '3:17: announce-port: where registering takes a token or TLS, it needs allow-basic',
    '4:8: pool: where registering takes a token or TLS, it needs allow-basic, or pool-tls, with tls-client-ca in place of a token',
    '5:1: pool-tls: needs tls-cert or tls-pfx',
  ]);
});

test('an admin listener that others could reach without a token is told of where it is asked for', () => {
  for (const address of ['0.0.0.0:9090', '[::]:9090', '192.0.2.1:9090']) {
    const [fault = '', ...others] = faultsOf(brokerShape, `port = 1\nadmin = "${address}"\n`);
    assert.match(fault, /^2:9: admin: others can reach [\d.:]+: give --admin-token-file <file>, /);
    assert.deepEqual(others, []);
  }
  const fine = ['admin = "[::1]:9090"', 'admin = 9090', 'admin = "relay.example.net:9090"'];
  const withToken = 'admin = "0.0.0.0:9090"\nadmin-token-file = "t"';
  for (const text of [...fine, withToken]) {
    assert.deepEqual(faultsOf(brokerShape, `port = 1\n${text}\n`), []);
  }
});

test('what is required and nowhere is told of at the place where it belongs', () => {
  assert.deepEqual(faultsOf(brokerShape, ''), ['1:1: port is missing']);
  assert.deepEqual(faultsOf(brokerShape, 'port = []'), [
    '1:8: port: expected one value, not an array',
  ]);
  assert.deepEqual(faultsOf(agentShape, 'to = "a:1"\n\n[services.web]\nname = "b"\n'), [
    '3:11: target is missing',
  ]);
  assert.deepEqual(faultsOf(agentShape, 'target = 1'), ['1:1: to is missing, or pool']);
});

test('a service has what the top says, unless it says otherwise itself', () => {
  const { process, services } = agent(
    `to = "a:1"
log = "json"
drain = 3
[services.web]
target = 3000
[services.db]
target = "unix:/db"
to = "b:1"
drain = 4
state = "db.state"
`,
    { spares: 2 },
  );
  assert.equal(process.settings.log, 'json');
  const told = [...services].map(([name, { settings }]) => {
    const { target, to, drain, state, spares } = settings;
    return [name, target, to, drain, state, spares];
  });
  assert.deepEqual(told, [
    ['web', 3000, 'a:1', 3, undefined, 2],
    ['db', 'unix:/db', 'b:1', 4, '/etc/relay/db.state', 2],
  ]);
  assert.deepEqual([...agent(TARGET).services.keys()], [UNNAMED]);
});

test('a target of the command line is not that of several services', () => {
  const text = `${TARGET}[services.a]\n`;
  assert.deepEqual(faultsOf(agentShape, text, { target: 3000 }), []);
  assert.deepEqual(faultsOf(agentShape, `${text}[services.b]\n`, { target: 3000 }), [
    'target: the file has several services; give each its own there',
  ]);
});

test('faults of services are told once each, where they are', () => {
  const text = `to = "a"
state = "one"
[services.web]
target = 3000
log = "json"
nmae = "x"
[services.db]
target = "nowhere"
[services."a b"]
target = 1
[services]
ssh = 22
`;
  assert.deepEqual(faultsOf(agentShape, text), [
    '1:6: to: expected <host>:<port>, with commas between several',
    '5:1: log: holds for all services; say it at the top of the file',
    '6:1: unknown key "nmae"; did you mean name?',
    '8:10: target: expected a port, <host>:<port> or unix:<path>',
    '9:11: "a b": expected a name of letters, digits, - and _, at most 64',
    '12:1: services.ssh: expected a table, [services.ssh]',
    '12:1: target is missing',
  ]);
  for (const none of ['services = 1\n', '[services]\n', '[[services]]\n']) {
    const [fault, ...others] = faultsOf(agentShape, `${none}`, { target: 1, to: 'a:1' });
    assert.match(fault ?? '', /: services: expected a table for each, such as \[services\.web\]$/);
    assert.deepEqual(others, []);
  }
});

test('lists that are too long for the relay are told of where they are', () => {
  const list = Array.from({ length: 65 }, (_, n) => `10.0.0.${n}`).join();
  assert.deepEqual(faultsOf(agentShape, `${TARGET}deny-clients = "${list}"\n`), [
    '3:16: deny-clients: at most 64 entries',
  ]);
});

test('two services cannot keep their state in one file, wherever that is named', () => {
  const services = `to = "a:1"\n[services.web]\ntarget = 1\n[services.db]\ntarget = 2\n`;
  const why = 'services web and db cannot share one; give each its own';
  assert.deepEqual(faultsOf(agentShape, `state = "s"\n${services}`), [`1:9: state: ${why}`]);
  assert.deepEqual(faultsOf(agentShape, `${services}state = "s"`, { state: 's' }), [
    `state: ${why}`,
  ]);
});

test('a broker knows no services', () => {
  assert.deepEqual(faultsOf(brokerShape, '[services.web]\n', { port: 1 }), [
    '1:2: unknown key "services"; take it out',
  ]);
});

test('what is printed is a file that gives the same, says where it is from, and tells no secret', () => {
  const text = `to = "a:1"
token = "web.secret"
deny-clients = ["::1", "10.0.0.0/8"]
[services.web]
target = 3000
tls-ca = "ca.pem"
tls = true
on-ready = "say \\"hi\\" \\u007f"
[services.db]
target = "unix:/db"
`;
  const first = agent(text, { drain: 0.5 });
  const printed = printConfiguration(agentShape, first, FILE);
  assert.match(printed, /^drain = 0\.5 # above$/m);
  assert.match(printed, /^target = 3000 # \/etc\/relay\/r\.toml:5$/m);
  assert.match(printed, /^tls-ca = "\/etc\/relay\/ca\.pem" # /m);
  assert.match(printed, /^spares = 0 # default$/m);
  assert.match(printed, /^# token is not shown \(\/etc\/relay\/r\.toml:2\)$/m);
  assert.doesNotMatch(printed, /secret/);

  const again = agent(printed);
  assert.deepEqual([...again.services.keys()], ['web', 'db']);
  for (const [name, { settings }] of first.services) {
    const { token: _, ...expected } = settings;
    const given = Object.entries(again.services.get(name)?.settings ?? {});
    assert.deepEqual(Object.fromEntries(given), expected);
  }
  const options = printConfiguration(agentShape, again, FILE).replace(/ #.*/g, '');
  assert.equal(options, printed.replace(/^# token.*\n/gm, '').replace(/ #.*/g, ''));
});

test('files given on the command line are printed in full', () => {
  const { process, services } = configuration(brokerShape, '', { port: 1, tokens: 't' });
  const printed = printConfiguration(brokerShape, { process, services }, undefined);
  assert.match(printed, new RegExp(`^tokens = "${resolve('t')}" # above$`, 'm'));
});
