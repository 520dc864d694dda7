import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { Server } from 'node:net';
import test from 'node:test';
import {
  type AgentOptions,
  agentOptions,
  checkAgentOptions,
  parseHealth,
  parseTarget,
} from '#src/options/agent-options.ts';
import { checkOptions } from '#src/options/option.ts';

test('an agent needs a target and a relay, and its defaults are the documented ones', () => {
  assert.deepEqual(checkOptions(agentOptions, { target: 3000, to: 'a:1' }), {
    target: 3000,
    to: 'a:1',
    group: false,
    tls: false,
    mux: false,
    singlePort: false,
    spares: 0,
    connections: 8,
    halfCloseTimeout: 600,
    drain: 10,
    dataPlane: 'auto',
  });
  assert.throws(() => checkOptions(agentOptions, {}), /^RelayError: target is missing$/);
  assert.throws(
    () => checkAgentOptions({ target: 3000 } as AgentOptions),
    /^RelayError: to is missing, or pool$/,
  );
});

test('a relay may be several, with commas, each of them an address', () => {
  const given = (to: string) => () => checkAgentOptions({ target: 1, to }).to;
  for (const to of ['a:1', 'a:1,b:2', 'a:1, [::1]:2 ,10.0.0.1:65535'])
    assert.equal(given(to)(), to);
  for (const to of [
    '',
    ',',
    'a:1,',
    ',a:1',
    'a:1,,b:1',
    'a,b:1',
    'a:1,b:0',
    'a:1,b:65536',
    'a:1;b:1',
  ]) {
    assert.throws(
      given(to),
      /^RelayError: to: expected <host>:<port>, with commas between several$/,
    );
  }
});

test('for a pool, an agent needs nothing else, and takes nothing that is for a registration', () => {
  const { to, pool, connections } = checkAgentOptions({ target: 3000, pool: 'a:1' });
  assert.deepEqual([to, pool, connections], [undefined, 'a:1', 8]);
  const tls = { tls: true, tlsCa: 'a', tlsCert: 'b', tlsKey: 'c', tlsServername: 'd' };
  checkAgentOptions({ target: 1, pool: 'a:1', ...tls, halfCloseTimeout: 1, drain: 1 });
  const others = {
    to: 'a:1',
    port: 4000,
    ports: '4000-4001',
    token: 'a.b',
    tokenFile: 'a',
    state: 'a',
    singlePort: true,
    spares: 1,
    health: 'tcp',
    proxyProtocol: 'v1',
    maxRetries: 1,
    maxClients: 1,
    allowClients: '::1',
  } as const;
  for (const [key, value] of Object.entries(others)) {
    assert.throws(
      () => checkAgentOptions({ target: 1, pool: 'a:1', [key]: value }),
      new RegExp(`^RelayError: pool: cannot be given together with ${key}$`),
    );
  }
});

test('one connection leaves nothing to be dialled, in advance or otherwise, and takes the portable data plane', () => {
  const required = { target: 1, to: 'a:1', mux: true };
  assert.equal(checkAgentOptions({ ...required, spares: 0 }).mux, true);
  for (const [others, fault] of [
    [{ singlePort: true }, /mux: cannot be given together with singlePort/],
    [{ spares: 1 }, /mux: cannot be given together with spares/],
    [{ dataPlane: 'linux' }, /dataPlane: with mux, it can only be the portable one/],
  ] as const) {
    assert.throws(() => checkAgentOptions({ ...required, ...others }), fault);
  }
});

test('the connections of a pool are so many, and for a pool', () => {
  for (const connections of [1, 1024]) {
    checkAgentOptions({ target: 1, pool: 'a:1', connections });
  }
  for (const connections of [0, 1.5, 1025]) {
    assert.throws(
      () => checkAgentOptions({ target: 1, pool: 'a:1', connections }),
      /^RelayError: connections: expected a whole number, 1 to 1024$/,
    );
  }
  assert.throws(() => checkAgentOptions({ target: 1, to: 'a:1', connections: 7 }), /needs pool/);
});

test('a bare port is a port of this machine, as a number and as text', () => {
  assert.deepEqual(parseTarget(3000), { host: 'localhost', port: 3000 });
  assert.deepEqual(parseTarget('3000'), { host: 'localhost', port: 3000 });
});

test('a unix socket keeps its path, colons and blanks included', () => {
  assert.deepEqual(parseTarget('unix:/run/a b:80'), { path: '/run/a b:80' });
  assert.deepEqual(parseTarget('unix:80'), { path: '80' });
});

test('an address other than this machine can be a target', () => {
  assert.deepEqual(parseTarget('10.0.0.1:80'), { host: '10.0.0.1', port: 80 });
  assert.deepEqual(parseTarget('[fd00::1]:80'), { host: 'fd00::1', port: 80 });
});

test('what cannot be dialled is no target', () => {
  const numbers = [0, -1, 65536, 1.5, 1e21, Number.NaN, Number.POSITIVE_INFINITY];
  const texts = ['', '0', '65536', 'unix:', 'localhost', 'http://localhost:3000', '-1', ' 80'];
  for (const target of [...numbers, ...texts]) {
    assert.equal(parseTarget(target), undefined, String(target));
    assert.throws(
      () => checkOptions(agentOptions, { target, to: 'a:1' }),
      /^RelayError: target: expected a port, <host>:<port> or unix:<path>$/,
    );
  }
});

test('any server object is a target, and nothing that only looks like one', () => {
  for (const target of [new Server(), createServer()]) {
    assert.equal(checkOptions(agentOptions, { target, to: 'a:1' }).target, target);
  }
  for (const target of [{ listen() {} }, {}, null, true, [3000]]) {
    assert.throws(() => checkOptions(agentOptions, { target, to: 'a:1' }), /target: /);
  }
});

test('an agent may be told never to retry', () => {
  const { maxRetries } = checkOptions(agentOptions, { target: 1, to: 'a:1', maxRetries: 0 });
  assert.equal(maxRetries, 0);
});

test('a health check is tcp, or http and a path', () => {
  assert.deepEqual(parseHealth('tcp'), { path: undefined });
  assert.deepEqual(parseHealth('http:/'), { path: '/' });
  assert.deepEqual(parseHealth('http:/a/b?c=d'), { path: '/a/b?c=d' });
  for (const check of [
    '',
    'udp',
    'http',
    'http:',
    'http:a',
    'https:/',
    'http:/a b',
    'http:/a\r\n',
  ]) {
    assert.throws(
      () => checkOptions(agentOptions, { target: 1, to: 'a:1', health: check }),
      /^RelayError: health: expected tcp or http:\/<path>$/,
      check,
    );
  }
});

test('what does not go together is refused', () => {
  for (const options of [
    { port: 4000, ports: '4000-4001' },
    { port: 0 },
    { group: true },
    { group: true, ports: '4000-4001' },
    { token: 'a', tokenFile: 'b' },
    { proxyProtocol: 'v3' as 'v1' },
    { spares: -1 },
    { allowClients: 'everybody' },
  ]) {
    assert.throws(() => checkAgentOptions({ target: 1, to: 'a:1', ...options }), {
      code: 'E_BAD_OPTION',
    });
  }
});

test('a service may be called what a host may be', () => {
  const called = (name: string) => checkAgentOptions({ target: 1, to: 'a:1', name, group: true });
  for (const name of ['a', 'blog', '3', 'a--b', `${'x'.repeat(62)}9`]) {
    assert.equal(called(name).name, name);
  }
  for (const name of ['', '-a', 'a-', 'A', 'a.b', 'a b', 'ä', 'x'.repeat(64), 'a\n']) {
    assert.throws(() => called(name), /^RelayError: name: expected a name of a-z, 0-9 and -/, name);
  }
});

test('lists of addresses fit into a line of the protocol', () => {
  const long = (count: number) =>
    Array.from({ length: count }, (_, n) => `2001:db8:1111:2222:3333:4444:5555:${n}/128`).join();
  const checked = (options: object) => checkAgentOptions({ target: 1, to: 'a:1', ...options });
  assert.equal(checked({ allowClients: long(60) }).allowClients, long(60));
  assert.throws(() => checked({ denyClients: '::1,'.repeat(65).slice(0, -1) }), /64 entries/);
  assert.throws(
    () => checked({ allowClients: long(60), denyClients: long(60) }),
    /3000 characters/,
  );
});
