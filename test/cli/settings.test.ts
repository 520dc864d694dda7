import assert from 'node:assert/strict';
import test from 'node:test';
import { parseArgs } from 'citty';
import { givenBy, toArgs } from '#src/cli/settings.ts';
import { valuesOf } from '#src/config/layer.ts';
import { agentOptions } from '#src/options/agent-options.ts';
import { brokerOptions } from '#src/options/broker-options.ts';
import { logOptions, verboseOptions } from '#src/options/log-options.ts';
import { checkOptions, type Options } from '#src/options/option.ts';

const broker = { ...brokerOptions, ...logOptions, ...verboseOptions };
const agent = { ...agentOptions, ...logOptions };

/** The settings that a command line gives, parsed as the programs parse it. */
function brokerSettings(line: string, environment: NodeJS.ProcessEnv = {}) {
  return settings(broker, line, environment);
}

function settings<O extends Options>(options: O, line: string, environment: NodeJS.ProcessEnv) {
  const rawArgs = line.split(' ').filter(Boolean);
  const given = givenBy(options, parseArgs(rawArgs, toArgs(options)), environment, rawArgs);
  return checkOptions(options, valuesOf(given));
}

function refused(line: string, message: RegExp, environment: NodeJS.ProcessEnv = {}): void {
  assert.throws(() => brokerSettings(line, environment), { code: 'E_BAD_OPTION', message }, line);
}

test('a flag beats the environment, and the environment beats the default', () => {
  const environment = { RELAY_DRAIN: '20', RELAY_PORT: '1' };
  assert.equal(brokerSettings('8080 --drain 30', environment).drain, 30);
  assert.equal(brokerSettings('8080', environment).drain, 20);
  assert.equal(brokerSettings('8080').drain, 10);
  assert.equal(brokerSettings('8080', environment).port, 8080);
  assert.equal(brokerSettings('', environment).port, 1);
});

test('a variable that is empty counts as not set', () => {
  assert.equal(brokerSettings('8080', { RELAY_DRAIN: '' }).drain, 10);
  refused('', /^port is missing$/, { RELAY_PORT: '' });
});

test('a flag that is empty is a fault, not a default', () => {
  refused('8080 --host=', /^host: /, { RELAY_HOST: '127.0.0.1' });
  refused('8080 --ports', /^ports: /);
});

test('a flag may be written in kebab and in camel case, and its variable in capitals', () => {
  for (const line of ['8080 --max-clients 5', '8080 --maxClients 5', '8080 --max-clients=5']) {
    assert.equal(brokerSettings(line).maxClients, 5);
  }
  assert.equal(brokerSettings('8080', { RELAY_MAX_CLIENTS: '5' }).maxClients, 5);
  assert.equal(brokerSettings('8080', { RELAY_MAXCLIENTS: '5' }).maxClients, 10_000);
});

test('a flag that nobody knows is refused by name, however it is written', () => {
  refused('8080 --max-client 5', /^unknown on the command line: --max-client/);
  refused('8080 --drian=1 -x', /: --drian, -x$/);
  refused('8080 --no-bogus', /: --bogus$/);
});

test('a port given by name is refused, not dropped for the environment', () => {
  refused('--port=8080', /: --port=8080$/, { RELAY_PORT: '1' });
  refused('--port 8080', /: --port$/);
});

test('a second port is refused, not ignored', () => {
  refused('8080 9090', /^unknown on the command line: 9090$/);
});

test('a number is taken as a number, and what is none is refused by the name of its option', () => {
  assert.equal(brokerSettings('0').port, 0);
  assert.equal(brokerSettings('8080 --drain 0.5').drain, 0.5);
  refused('http', /^port: /);
  refused('8080 --drain -1', /^drain: expected seconds, 0 to 24 days$/);
  refused('8080', /^maxClients: /, { RELAY_MAX_CLIENTS: '5k' });
  refused('8080', /^drain: /, { RELAY_DRAIN: ' ' });
});

test('a text that looks like a number or a boolean stays a text where one is asked for', () => {
  assert.equal(brokerSettings('8080 --host 0').host, '0');
  assert.equal(brokerSettings('8080 --advertise true').advertise, 'true');
  assert.equal(brokerSettings('8080 --ports 4000-4000').ports, '4000-4000');
});

test('a boolean is on by its flag or its variable and off by its negation', () => {
  assert.equal(brokerSettings('8080').verbose, false);
  assert.equal(brokerSettings('8080 --verbose').verbose, true);
  assert.equal(brokerSettings('8080', { RELAY_VERBOSE: 'true' }).verbose, true);
  assert.equal(brokerSettings('8080', { RELAY_VERBOSE: '1' }).verbose, true);
  assert.equal(brokerSettings('8080', { RELAY_VERBOSE: 'false' }).verbose, false);
  assert.equal(brokerSettings('8080 --no-verbose', { RELAY_VERBOSE: 'true' }).verbose, false);
  refused('8080', /^verbose: /, { RELAY_VERBOSE: 'yes' });
  assert.equal(brokerSettings('8080 --verbose --no-verbose').verbose, false);
  assert.equal(brokerSettings('8080 --no-verbose --verbose').verbose, true);
});

test('what stands behind the equals sign of a boolean counts as it does in the environment', () => {
  for (const off of ['false', '0']) {
    assert.equal(brokerSettings(`8080 --verbose=${off}`, { RELAY_VERBOSE: '1' }).verbose, false);
  }
  assert.equal(brokerSettings('8080 --verbose=1').verbose, true);
  for (const wrong of ['no', 'off', 'FALSE', '']) {
    refused(`8080 --verbose=${wrong}`, /^verbose: expected true or false$/);
  }
});

test('a list of addresses is one value, on the command line and in the environment', () => {
  const list = '10.0.0.0/8,::1';
  assert.equal(brokerSettings(`8080 --allow-clients ${list}`).allowClients, list);
  assert.equal(brokerSettings('8080', { RELAY_DENY_CLIENTS: list }).denyClients, list);
  refused('8080 --allow-clients 10.0.0.0/8,localhost', /^allowClients: expected IP addresses/);
});

test('an option that may be given several times is the same as one list', () => {
  const pools = '9000:8000,9001:8001';
  const line = '8080 --pool 9000:8000 --drain 5 --pool=9001:8001';
  assert.equal(brokerSettings(line).pool, pools);
  assert.equal(brokerSettings(line).drain, 5);
  assert.equal(brokerSettings(`8080 --pool ${pools}`).pool, pools);
  assert.equal(brokerSettings('8080', { RELAY_POOL: pools }).pool, pools);
  assert.equal(brokerSettings('8080 --pool 1:2', { RELAY_POOL: pools }).pool, '1:2');
  for (const wrong of ['--pool', '--pool 1:2 --pool', '--pool 1:2 --pool x', '--pool=1:2,']) {
    refused(`8080 ${wrong}`, /^pool: expected <port>:<port>$/);
  }
});

test('a list may be given several times, and no part of it is lost', () => {
  const line = '8080 --deny-clients 10.0.0.0/8 --denyClients=::1';
  const { denyClients } = brokerSettings(line, { RELAY_DENY_CLIENTS: '192.0.2.1' });
  assert.equal(denyClients, '10.0.0.0/8,::1');
  assert.equal(settings(agent, '3000 --to a:1 --to b:1', {}).to, 'a:1,b:1');
  assert.equal(brokerSettings('8080 --drain 1 --drain 2').drain, 2);
  refused('8080 --no-deny-clients', /^denyClients: expected IP addresses/);
});

test('what needs another option is refused alone, wherever it was given', () => {
  const files = { RELAY_TLS_CERT: 'c', RELAY_TLS_KEY: 'k' };
  assert.equal(brokerSettings('8080 --client-tls', files).clientTls, true);
  refused('8080 --client-tls', /^clientTls: needs tlsCert or tlsPfx$/);
  refused('8080', /^clientTls: needs tlsCert or tlsPfx$/, { RELAY_CLIENT_TLS: '1' });
});

test('faults of the flags and of the environment are told together', () => {
  refused('8080 --drain x', /^maxClients: .*; drain: /, { RELAY_MAX_CLIENTS: '0' });
});

test('an agent is given its target by place and its relay by flag, or both by variables', () => {
  const expected = { target: '3000', to: 'a:1' };
  const { target, to } = settings(agent, '3000 --to a:1', {});
  assert.deepEqual({ target, to }, expected);
  const variables = { RELAY_TARGET: '3000', RELAY_TO: 'a:1' };
  const fromVariables = settings(agent, '', variables);
  assert.deepEqual({ target: fromVariables.target, to: fromVariables.to }, expected);
});

test('help tells the variable and the default of every option', () => {
  const described = Object.values(toArgs(broker)).map(({ description }) => description ?? '');
  assert.equal(described.length, Object.keys(broker).length);
  for (const description of described)
    assert.match(description, /\(RELAY_[A-Z_]+(, default .+)?\)$/);
  assert.match(
    toArgs(broker)['max-clients']?.description ?? '',
    /RELAY_MAX_CLIENTS, default 10000/,
  );
});
