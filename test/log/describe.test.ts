import assert from 'node:assert/strict';
import test from 'node:test';
import type { PairEnding, WaitingEnding } from '#src/data-plane/data-plane.ts';
import { describeChanges, describeTraffic } from '#src/log/describe.ts';

const ENDINGS: (PairEnding | WaitingEnding)[] = [
  'eof',
  'client-reset',
  'server-reset',
  'half-close-timeout',
  'idle',
  'target-failed',
  'relay-error',
  'cut',
  'drain',
  'kicked',
  'revoked',
  'unfetched',
  'stopped',
];

test('bytes to the server came in, bytes to the client went out', () => {
  assert.equal(
    describeTraffic({ ending: 'eof', bytesToServer: 1, bytesToClient: 2 }),
    'complete: 1 bytes in, 2 bytes out',
  );
});

test('every ending reads differently, and only one sounds complete', () => {
  const sentences = ENDINGS.map((ending) =>
    describeTraffic({ ending, bytesToServer: 0, bytesToClient: 0 }),
  );
  assert.equal(new Set(sentences).size, ENDINGS.length);
  assert.equal(sentences.filter((sentence) => sentence.startsWith('complete')).length, 1);
});

test('a reset is blamed on the side that sent it', () => {
  const bytes = { bytesToServer: 0, bytesToClient: 0 };
  assert.match(describeTraffic({ ending: 'client-reset', ...bytes }), /^reset by the client/);
  assert.match(describeTraffic({ ending: 'server-reset', ...bytes }), /^reset by the server/);
});

test('what is not as it was is told in one breath, and nothing is said of what is', () => {
  assert.equal(describeChanges([]), '');
  assert.equal(
    describeChanges(['relay', 'port', 'lease']),
    'another relay, another port, a new lease',
  );
});
