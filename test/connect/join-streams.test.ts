import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import test from 'node:test';
import { joinWithStreams } from '#src/connect/join-streams.ts';
import { connectAs } from '../support/pairs.ts';
import { outcome } from '../support/tcp.ts';

test('what cannot be read is a reset for the peer, and no end', async (t) => {
  const { own, peer } = await connectAs(t, 'plain');
  const input = new Readable({ read: () => {} });
  input.push('half a');
  const joined = joinWithStreams(own, input, new PassThrough().resume());
  const seen = outcome(peer);
  peer.once('data', () => input.destroy(new Error('no longer')));
  assert.equal(await joined, 'input');
  assert.deepEqual(await seen, { data: Buffer.from('half a'), ending: 'ECONNRESET' });
});

test('a connection that is gone already is found so', async (t) => {
  const { own } = await connectAs(t, 'plain');
  const closed = new Promise((resolve) => own.once('close', resolve));
  own.destroy();
  await closed;
  const output = new PassThrough().resume();
  assert.equal(await joinWithStreams(own, new PassThrough(), output), 'reset');
  assert.ok(output.writableFinished);
});
