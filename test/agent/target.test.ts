import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test from 'node:test';
import { nameOf, resolveTarget } from '#src/agent/target.ts';
import { RelayError } from '#src/errors.ts';

test('a server object is handed on as it is, not dialled', () => {
  const server = createServer();
  assert.equal(resolveTarget(server), server);
});

test('everything else stands for what can be dialled', () => {
  assert.deepEqual(resolveTarget('3000'), { host: 'localhost', port: 3000 });
  assert.deepEqual(resolveTarget('[::1]:3000'), { host: '::1', port: 3000 });
  assert.deepEqual(resolveTarget('unix:/run/a'), { path: '/run/a' });
});

test('what stands for nothing is refused by name, and the message says what would do', () => {
  for (const target of ['nowhere', '', 70_000]) {
    assert.throws(
      () => resolveTarget(target),
      (error: unknown) => {
        assert.ok(error instanceof RelayError);
        assert.equal(error.code, 'E_BAD_OPTION');
        assert.ok(error.message.startsWith(`${JSON.stringify(target)} is not a target: `));
        assert.match(error.message, /a port, <host>:<port> or unix:<path>$/);
        return true;
      },
    );
  }
});

test('a target is called what a person could type to reach it', () => {
  assert.equal(nameOf(3000), 'localhost:3000');
  assert.equal(nameOf('3000'), 'localhost:3000');
  assert.equal(nameOf('10.0.0.1:80'), '10.0.0.1:80');
  assert.equal(nameOf('unix:/run/a'), 'unix:/run/a');
  assert.equal(nameOf(createServer()), 'the server object');
});
