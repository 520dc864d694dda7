import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PATIENCE, PATIENCE_OF_A_STRANGER } from '#src/directory/tenure/times.ts';
import { Vigil } from '#src/directory/tenure/vigil.ts';

/** A session whose entry has been seen at 0, and again at 1. */
function vigil(isListed = true): Vigil {
  const kept = new Vigil({ revision: 1, isListed }, 0);
  kept.seen({ revision: 2, isListed }, 1);
  return kept;
}

describe('a session may be counted out', () => {
  test('by whom it lists, when nothing was seen of it for as long as patience lasts', () => {
    assert.equal(vigil().delay(1), PATIENCE);
    assert.equal(vigil().delay(1 + PATIENCE), 0);
  });

  test('by others, when it cannot live on the promises of those it lists any more', () => {
    assert.equal(vigil(false).delay(1), PATIENCE_OF_A_STRANGER);
  });

  test('later, when its entry is written; not when that is only told again', () => {
    const kept = vigil();
    kept.seen({ revision: 2, isListed: false }, 500);
    assert.equal(kept.delay(500), PATIENCE - 499);
    kept.seen({ revision: 3, isListed: true }, 500);
    assert.equal(kept.delay(500), PATIENCE);
  });

  test('later, when a promise was given', () => {
    const kept = vigil();
    assert.equal(kept.promise(2000), true);
    assert.equal(kept.delay(2000), PATIENCE);
  });
});

describe('a promise is not given', () => {
  test('for a session that is seen for the first time: what was here before may have sent its end', () => {
    const kept = new Vigil({ revision: 1, isListed: true }, 0);
    kept.seen({ revision: 1, isListed: true }, 1);
    assert.equal(kept.promise(2), false);
    kept.seen({ revision: 2, isListed: true }, 3);
    assert.equal(kept.promise(4), true);
  });

  test('while the end of the session is under way, or nobody can tell what became of it', () => {
    const kept = vigil();
    assert.equal(kept.end(), 2);
    assert.equal(kept.promise(5000), false);
  });

  test('until the store refuses that end, or has the session write after it', () => {
    const [refused, overtaken] = [vigil(), vigil()];
    refused.refused(refused.end());
    assert.equal(refused.promise(5000), true);
    overtaken.end();
    overtaken.seen({ revision: 3, isListed: true }, 5000);
    assert.equal(overtaken.promise(5000), true);
  });

  test('for a refusal that belongs to an end that was sent before', () => {
    const kept = vigil();
    const first = kept.end();
    kept.seen({ revision: 3, isListed: true }, 5000);
    kept.end();
    kept.refused(first);
    assert.equal(kept.promise(9000), false);
  });
});
