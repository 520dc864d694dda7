import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { Deadline } from '#src/deadline.ts';
import { connectTo, serve } from './support/tcp.ts';

/** Longer than a deadline of one millisecond, in which nothing else of this process moves. */
function holdUp(): void {
  const until = performance.now() + 20;
  while (performance.now() < until);
}

test('what came while the process was held up has come in time', async (t) => {
  const server = await serve(t, () => {});
  const arrived = once(server, 'connection');
  const client = await connectTo(t, server.port);
  const [peer]: Socket[] = await arrived;
  const deadline = new Deadline();
  const told = new Promise<string>((resolve) => {
    client.once('data', () => {
      deadline.clear();
      resolve('came');
    });
    deadline.set(1, () => resolve('missed'));
  });
  peer?.write('x');
  holdUp();
  assert.equal(await told, 'came');
});

test('a deadline is told once it is over, and can be set anew from there', async () => {
  const deadline = new Deadline();
  for (const _ of [1, 2]) {
    await new Promise<void>((resolve) => deadline.set(1, resolve));
    assert.equal(deadline.isSet, true);
    deadline.clear();
    assert.equal(deadline.isSet, false);
  }
});

test('of two deadlines that are set the later one counts', async () => {
  const deadline = new Deadline();
  const told = await new Promise<string>((resolve) => {
    deadline.set(1, () => resolve('first'));
    deadline.set(2, () => resolve('second'));
    holdUp();
  });
  assert.equal(told, 'second');
});
