import assert from 'node:assert/strict';
import test from 'node:test';
import { Inbox } from '#src/yamux/inbox.ts';
import fc from '../support/properties.ts';

/** Bytes that are put in, or undefined for a turn in which some are taken. */
const turns = fc.array(fc.option(fc.uint8Array({ maxLength: 3000 }), { nil: undefined }));

test('what is taken is what was added, in its order', () => {
  fc.assert(
    fc.property(turns, (acts) => {
      const inbox = new Inbox();
      const taken: Buffer[] = [];
      const added = acts.filter((act) => act !== undefined);
      for (const act of acts) {
        if (act !== undefined) inbox.add(act);
        else taken.push(inbox.take() ?? Buffer.alloc(0));
      }
      const rest = inbox.length;
      const left: Buffer[] = [];
      for (let bytes = inbox.take(); bytes !== undefined; bytes = inbox.take()) left.push(bytes);
      assert.equal(Buffer.concat(left).length, rest);
      assert.deepEqual(Buffer.concat([...taken, ...left]), Buffer.concat(added));
    }),
  );
});

test('what comes in single octets takes but a few blocks', () => {
  const inbox = new Inbox();
  for (let n = 0; n < 256 * 1024; n += 1) inbox.add(Uint8Array.of(n % 256));
  let blocks = 0;
  let room = 0;
  for (let bytes = inbox.take(); bytes !== undefined; bytes = inbox.take()) {
    blocks += 1;
    room += bytes.buffer.byteLength;
  }
  assert.ok(blocks < 20, `${blocks} blocks`);
  assert.ok(room < 512 * 1024, `${room} octets`);
});

test('what was added is the caller’s again', () => {
  const inbox = new Inbox();
  const bytes = Buffer.from('mine');
  inbox.add(bytes);
  bytes.fill('x');
  assert.equal(String(inbox.take()), 'mine');
});

test('nothing is left when it is cleared', () => {
  const inbox = new Inbox();
  inbox.add(Buffer.alloc(5000));
  inbox.clear();
  assert.deepEqual([inbox.length, inbox.take()], [0, undefined]);
});
