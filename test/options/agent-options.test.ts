import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { Server } from 'node:net';
import test from 'node:test';
import { agentOptions, parseTarget } from '#src/options/agent-options.ts';
import { checkOptions } from '#src/options/option.ts';

test('an agent needs a target and a relay, and its defaults are the documented ones', () => {
  assert.deepEqual(checkOptions(agentOptions, { target: 3000, to: 'a:1' }), {
    target: 3000,
    to: 'a:1',
    halfCloseTimeout: 600,
    drain: 10,
    dataPlane: 'auto',
  });
  assert.throws(
    () => checkOptions(agentOptions, {}),
    /^RelayError: target is missing; to is missing$/,
  );
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
