import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import test from 'node:test';
import { Directory } from '#src/broker/names/directory.ts';
import type { NamedService } from '#src/broker/names/named-service.ts';
import { Seat } from '#src/broker/names/seat.ts';
import { connectTo, outcome, serve } from '../../support/tcp.ts';

test('a name is kept before its service is there, and serves nobody by then', async (t) => {
  const directory = new Directory();
  const seat = Seat.claim(directory, 'blog');
  assert.ok(seat !== undefined);
  assert.equal(Seat.claim(directory, 'blog'), undefined);
  assert.equal(directory.find('blog')?.isAvailable, false);
  const door = await serve(t, () => {});
  const arrived = once(door, 'connection');
  const early = outcome(await connectTo(t, door.port));
  const [client] = (await arrived) as [Socket];
  directory.find('blog')?.enter(client, { read: Buffer.alloc(0), greeting: '' });
  assert.equal((await early).ending, 'ECONNRESET');

  const log: Socket[] = [];
  const service: NamedService = { isAvailable: true, enter: (socket) => void log.push(socket) };
  seat.give(service);
  assert.equal(directory.find('blog')?.isAvailable, true);
  directory.find('blog')?.enter(client);
  assert.deepEqual(log, [client]);
  seat.release();
  assert.equal(directory.find('blog'), undefined);
  assert.ok(Seat.claim(directory, 'blog') !== undefined);
});

test('those of a group keep one name for themselves', () => {
  const directory = new Directory();
  const first = Seat.claim(directory, 'web', 'alice');
  assert.ok(first !== undefined);
  assert.ok(Seat.claim(directory, 'web', 'alice') !== undefined);
  assert.equal(Seat.claim(directory, 'web', 'bob'), undefined);
  first.release();
  assert.equal(Seat.claim(directory, 'web', 'bob'), undefined);
});
