import assert from 'node:assert/strict';
import test from 'node:test';
import * as v from 'valibot';
import { RelayError } from '#src/errors.ts';
import { checkOptions, type Options } from '#src/options/option.ts';
import { count, text } from '#src/options/values.ts';

const options = {
  size: { schema: count, help: '' },
  name: { schema: v.optional(text), help: '' },
  limit: { schema: v.optional(count, 7), help: '' },
} satisfies Options;

function faultsOf(input: object): string {
  try {
    checkOptions(options, input);
  } catch (error) {
    assert.ok(error instanceof RelayError);
    assert.equal(error.code, 'E_BAD_OPTION');
    return error.message;
  }
  throw new Error('accepted');
}

test('what is left out gets its default, and what has none stays out', () => {
  const settings = checkOptions(options, { size: 1 });
  assert.equal(settings.limit, 7);
  assert.equal(settings.name, undefined);
});

test('an option given as undefined counts as left out', () => {
  assert.equal(checkOptions(options, { size: 1, limit: undefined }).limit, 7);
});

test('null is a value, not something left out', () => {
  assert.match(faultsOf({ size: 1, limit: null }), /^limit: /);
});

test('values are checked but never changed', () => {
  assert.deepEqual(checkOptions(options, { size: 3, name: ' a ', limit: 1 }), {
    size: 3,
    name: ' a ',
    limit: 1,
  });
  assert.match(faultsOf({ size: '3' }), /^size: /);
});

test('a required option that is missing is named', () => {
  assert.equal(faultsOf({}), 'size is missing');
  assert.equal(faultsOf({ size: undefined }), 'size is missing');
});

test('a mistyped name is refused by name', () => {
  assert.equal(faultsOf({ size: 1, Limit: 2 }), 'unknown option Limit');
});

test('a name that every object has is unknown all the same', () => {
  assert.equal(faultsOf({ size: 1, constructor: 2 }), 'unknown option constructor');
});

test('several faults are told in one message', () => {
  assert.equal(
    faultsOf({ name: '', limit: 0, extra: 1 }),
    [
      'size is missing',
      'name: expected some text',
      'limit: expected a whole number of at least 1',
      'unknown option extra',
    ].join('; '),
  );
});

const keyed = {
  cert: { schema: v.optional(text), help: '', needs: ['key'], excludes: ['pfx'] },
  key: { schema: v.optional(text), help: '', needs: ['cert'] },
  pfx: { schema: v.optional(text), help: '' },
  encrypt: { schema: v.optional(v.boolean(), false), help: '', needs: ['cert', 'pfx'] },
} satisfies Options;

const doubled = {
  a: { schema: v.optional(count), help: '', excludes: ['c'] },
  b: { schema: v.optional(count, 7), help: '', needs: ['a'] },
  c: { schema: v.optional(count, 7), help: '' },
} satisfies Options;

function misfitsOf(input: object): string {
  try {
    checkOptions(keyed, input);
    return 'none';
  } catch (error) {
    assert.ok(error instanceof RelayError);
    return error.message;
  }
}

test('an option that does nothing without another is refused without it', () => {
  assert.equal(misfitsOf({ cert: 'a', key: 'b', encrypt: true }), 'none');
  assert.equal(misfitsOf({ pfx: 'a', encrypt: true }), 'none');
  assert.equal(misfitsOf({ key: 'b' }), 'key: needs cert');
  assert.equal(misfitsOf({ encrypt: true }), 'encrypt: needs cert or pfx');
});

test('what is checked twice is as good the second time, with all the defaults', () => {
  const settings = checkOptions(doubled, { a: 1 });
  assert.deepEqual(checkOptions(doubled, settings), settings);
  assert.throws(() => checkOptions(doubled, { b: 8 }), /b: needs a/);
  assert.throws(() => checkOptions(doubled, { a: 1, c: 1 }), /a: cannot be given together with c/);
});

test('options that contradict each other are refused together', () => {
  assert.equal(
    misfitsOf({ cert: 'a', key: 'b', pfx: 'c' }),
    'cert: cannot be given together with pfx',
  );
});

test('an option given as undefined and a flag that is off are not given', () => {
  assert.equal(misfitsOf({ key: undefined, encrypt: false }), 'none');
  assert.equal(misfitsOf({ key: 'b', cert: undefined }), 'key: needs cert');
});
