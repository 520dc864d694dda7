import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOpenToOthers } from '#src/file-mode.ts';

const ME = 1000;

test('a secret is for its owner alone', () => {
  assert.equal(isOpenToOthers({ mode: 0o100600, uid: ME }, ME), false);
  for (const mode of [0o100640, 0o100604, 0o100601, 0o100620]) {
    assert.equal(isOpenToOthers({ mode, uid: ME }, ME), true, mode.toString(8));
  }
});

test('root can hand one over to be read, and nothing more, by a group', () => {
  assert.equal(isOpenToOthers({ mode: 0o100440, uid: 0 }, ME), false);
  assert.equal(isOpenToOthers({ mode: 0o100440, uid: 0 }, 0), true, 'root can read it anyway');
  for (const mode of [0o100444, 0o100460, 0o100450]) {
    assert.equal(isOpenToOthers({ mode, uid: 0 }, ME), true, mode.toString(8));
  }
});
