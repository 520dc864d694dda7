import assert from 'node:assert/strict';
import test from 'node:test';
import { RelayError } from '#src/errors.ts';
import { loggingAdmin } from '#src/log/admin-log.ts';

function logged() {
  const lines: [level: string, sentence: string, event: unknown][] = [];
  const observer = loggingAdmin((level, sentence, fields) =>
    lines.push([level, sentence, fields?.event]),
  );
  return { lines, observer };
}

test('a listener that others can reach is a warning with what to do about it', () => {
  const { lines, observer } = logged();
  observer.listening('http://127.0.0.1:9090/', false);
  assert.deepEqual(lines, [['info', 'Admin listener at http://127.0.0.1:9090/', 'adminListening']]);
  observer.listening('http://192.0.2.1:9090/', true);
  assert.deepEqual([lines[2]?.[0], lines[2]?.[2]], ['warn', 'adminExposed']);
  assert.match(lines[2]?.[1] ?? '', /Put TLS before it/);
  observer.tokenExposed('/etc/token');
  assert.match(lines[3]?.[1] ?? '', /chmod 600 \/etc\/token/);
  observer.tokenFailed(new RelayError('E_BAD_OPTION', 'adminTokenFile: gone'));
  assert.match(lines[4]?.[1] ?? '', /gone The token that was there before goes on\./);
});

test('who guesses is told of once in a while, and who begins not at all', () => {
  const { lines, observer } = logged();
  for (let n = 0; n < 100; n += 1) observer.refused('192.0.2.1', 'wrong-token');
  observer.refused('192.0.2.1', 'barred');
  observer.refused('192.0.2.1', 'no-token');
  observer.refused('192.0.2.1', 'read-only');
  assert.deepEqual(lines, [
    ['warn', 'Admin request from 192.0.2.1 refused: it showed a wrong token', 'adminRefused'],
    [
      'warn',
      'Admin request from 192.0.2.1 refused: too many wrong tokens came from there',
      'adminRefused',
    ],
  ]);
});

test('what somebody has changed is a line each time', () => {
  const { lines, observer } = logged();
  observer.acted('192.0.2.1', 'DELETE /api/v1/registrations/7');
  observer.acted('192.0.2.1', 'DELETE /api/v1/registrations/7');
  assert.deepEqual(lines[1], [
    'info',
    'Admin request from 192.0.2.1: DELETE /api/v1/registrations/7',
    'adminActed',
  ]);
});
