import assert from 'node:assert/strict';
import test from 'node:test';
import { nearest } from '#src/config/nearest.ts';

test('a slip of the finger, another spelling and a missing end are understood, and no more', () => {
  const words = ['drain', 'max-clients', 'max-clients-per-address', 'tls', 'to', 'tokens'];
  for (const [written, meant] of [
    ['drian', 'drain'],
    ['Drain', 'drain'],
    ['maxClients', 'max-clients'],
    ['max_clients', 'max-clients'],
    ['max-client', 'max-clients'],
    ['token', 'tokens'],
    ['tsl', undefined],
    ['x', undefined],
    ['colour', undefined],
    ['max', undefined],
  ] as const) {
    assert.equal(nearest(written, words), meant, written);
  }
});
