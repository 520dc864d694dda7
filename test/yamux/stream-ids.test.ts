import assert from 'node:assert/strict';
import test from 'node:test';
import { StreamIds } from '#src/yamux/stream-ids.ts';

test('a client has the odd ids, a server the even ones', () => {
  const [client, server] = [new StreamIds('client'), new StreamIds('server')];
  assert.deepEqual([client.draw(), client.draw(), server.draw(), server.draw()], [1, 3, 2, 4]);
});

test('the ids run out, and none is given twice', () => {
  const client = new StreamIds('client', 0xffff_fffd);
  assert.deepEqual([client.draw(), client.draw()], [0xffff_fffd, 0xffff_ffff]);
  assert.deepEqual([client.draw(), client.draw()], [undefined, undefined]);
  const server = new StreamIds('server', 0xffff_fffe);
  assert.deepEqual([server.draw(), server.draw()], [0xffff_fffe, undefined]);
});

test('a peer cannot begin a stream with an id of ours, or of the session', () => {
  const server = new StreamIds('server');
  assert.deepEqual(
    [0, 2, 3, 1].map((id) => server.note(id)),
    [false, false, true, true],
  );
});

test('what can have been begun is known, in whatever order it was', () => {
  const client = new StreamIds('client');
  client.draw();
  client.draw();
  client.note(4);
  const known = [0, 1, 2, 3, 4, 5, 6].filter((id) => client.isKnown(id));
  assert.deepEqual(known, [1, 2, 3, 4]);
});
