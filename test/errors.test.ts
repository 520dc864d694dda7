import assert from 'node:assert/strict';
import { connect } from 'node:net';
import test from 'node:test';
import { RelayError, reasonOf } from '#src/errors.ts';

function systemError(code: string, message = `connect ${code} 127.0.0.1:1`): Error {
  return Object.assign(new Error(message), { code });
}

test('an error of ours carries its code and its cause, and prints with its name', () => {
  const cause = systemError('ECONNREFUSED');
  const error = new RelayError('E_RELAY_UNREACHABLE', 'Cannot reach it', { cause });
  assert.ok(error instanceof Error);
  assert.equal(error.code, 'E_RELAY_UNREACHABLE');
  assert.equal(error.cause, cause);
  assert.equal(String(error), 'RelayError: Cannot reach it');
});

test('a system error is told in words', () => {
  assert.equal(reasonOf(systemError('ECONNREFUSED')), 'connection refused');
  assert.equal(reasonOf(systemError('EMFILE')), 'out of file descriptors (see ulimit -n)');
});

test('an error that has no words of ours keeps its own', () => {
  assert.equal(reasonOf(systemError('EPROTO', 'odd protocol')), 'odd protocol');
  assert.equal(reasonOf(new Error('plain')), 'plain');
});

test('of the failures of several addresses the first is told, however deep it lies', () => {
  const deep = new AggregateError([systemError('EHOSTUNREACH'), systemError('ECONNREFUSED')], '');
  assert.equal(reasonOf(deep), 'no route to the host');
  assert.equal(
    reasonOf(new AggregateError([deep, new Error('other')], '')),
    'no route to the host',
  );
});

test('a collection of no failures has its message to tell', () => {
  assert.equal(reasonOf(new AggregateError([], 'nothing was tried')), 'nothing was tried');
});

test('whatever was thrown, there is a reason to tell', () => {
  assert.equal(reasonOf('text'), 'text');
  assert.equal(reasonOf(undefined), 'undefined');
  assert.equal(reasonOf(null), 'null');
});

test('a port that nobody listens on is refused in words, by one address and by all of a name', async () => {
  for (const host of ['127.0.0.1', 'localhost']) {
    const error = await new Promise<unknown>((resolve) => {
      connect({ host, port: 1 }).once('error', resolve);
    });
    assert.equal(reasonOf(error), 'connection refused');
  }
});
