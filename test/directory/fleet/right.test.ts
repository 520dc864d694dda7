import assert from 'node:assert/strict';
import test from 'node:test';
import { isOver, rightTo } from '#src/directory/fleet/right.ts';
import { Session } from '#src/directory/fleet/session.ts';
import type { LeaseRecord, NameRecord } from '#src/directory/records.ts';
import { HeldStanding } from '#src/directory/standings.ts';
import { LEASE } from '../../support/claims.ts';

const LASTS = 60_000;
const HEIR = 'lease l';

/** A member that was heard of at 1000, and is gone since then or not at all. */
function holder(goneAt?: number): Session {
  const session = new Session('a:1', 's', 1000);
  if (goneAt !== undefined) session.end(goneAt);
  return session;
}

function name(record: NameRecord, goneAt?: number) {
  return new HeldStanding('name', 'web', record, 1, holder(goneAt));
}

function lease(record: LeaseRecord, goneAt?: number) {
  return new HeldStanding('lease', 'l', record, 1, holder(goneAt));
}

const asking = (heir: string | undefined, askedAt = 500) => ({ heir, askedAt });

test('what a member has that lives is its own', () => {
  assert.equal(rightTo(name({ offer: 'open', heir: HEIR }), asking(HEIR), LASTS, 2000), 'taken');
  assert.equal(rightTo(name({ offer: 'open' }), asking(undefined), LASTS, 2000), 'taken');
  assert.equal(rightTo(lease(LEASE), asking(undefined), LASTS, 2000), 'taken');
});

test('whether a member lives is known once it was heard of after the asking', () => {
  const late = (heir?: string) => asking(heir, 1500);
  assert.equal(rightTo(name({ offer: 'open', heir: HEIR }), late(HEIR), LASTS, 2000), 'later');
  assert.equal(rightTo(name({ offer: 'open' }), late(), LASTS, 2000), 'later');
  assert.equal(rightTo(lease(LEASE), late(), LASTS, 2000), 'later');
  assert.equal(
    rightTo(name({ offer: 'open', heir: HEIR }), late('other'), LASTS, 2000),
    'taken',
    'dead or not, this one cannot have it',
  );
});

test('what is moving is its heir’s, whose member lives', () => {
  const record = { offer: 'moving', heir: HEIR } as const;
  assert.equal(rightTo(name(record), asking(HEIR), LASTS, 2000), 'free');
  assert.equal(rightTo(name(record), asking('other'), LASTS, 2000), 'taken');
  assert.equal(rightTo(name({ offer: 'moving' }), asking(undefined), LASTS, 2000), 'taken');
  assert.equal(rightTo(lease({ ...LEASE, moving: true }), asking(undefined), LASTS, 2000), 'free');
});

test('what a member had that is gone is its heirs’ for a time, and then anybody’s', () => {
  const record = { offer: 'open', heir: HEIR } as const;
  assert.equal(rightTo(name(record, 2000), asking(HEIR), LASTS, 2000), 'free');
  assert.equal(rightTo(name(record, 2000), asking('other'), LASTS, 2000 + LASTS - 1), 'taken');
  assert.equal(rightTo(name(record, 2000), asking('other'), LASTS, 2000 + LASTS), 'free');
  assert.equal(rightTo(name({ offer: 'open' }, 2000), asking(undefined), LASTS, 2000), 'free');
});

test('what is over is nobody’s, and nothing is over of a member that lives', () => {
  assert.equal(isOver(name({ offer: 'open' }), LASTS, 1e9), false);
  assert.equal(isOver(name({ offer: 'open' }, 2000), LASTS, 2000), true);
  assert.equal(isOver(name({ offer: 'open', heir: HEIR }, 2000), LASTS, 2000), false);
  assert.equal(isOver(lease(LEASE, 2000), LASTS, 2000 + LASTS), true);
});
