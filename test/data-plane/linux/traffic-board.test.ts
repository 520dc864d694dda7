import assert from 'node:assert/strict';
import test from 'node:test';
import { TrafficBoard } from '#src/data-plane/linux/traffic-board.ts';

test('each has a place of its own, which is empty when somebody else gets it', () => {
  const board = new TrafficBoard();
  const [first, second] = [board.take(), board.take()];
  const ofThread = new TrafficBoard(board.memory);
  ofThread.write(first, 1, 2);
  ofThread.write(second, 3, 4e12);
  assert.deepEqual(board.read(first), { bytesToServer: 1, bytesToClient: 2 });
  assert.deepEqual(board.read(second), { bytesToServer: 3, bytesToClient: 4e12 });
  board.give(first);
  assert.equal(board.take(), first);
  assert.deepEqual(board.read(first), { bytesToServer: 0, bytesToClient: 0 });
});

test('who comes when all places are taken has none, and disturbs nobody', () => {
  const board = new TrafficBoard(new SharedArrayBuffer(16 * 16_384));
  const places = Array.from({ length: 16_384 }, () => board.take());
  assert.equal(new Set(places).size, 16_384);
  const none = board.take();
  board.write(none, 5, 6);
  assert.deepEqual(board.read(none), { bytesToServer: 0, bytesToClient: 0 });
  for (const place of places) assert.equal(board.read(place).bytesToServer, 0);
  board.give(none);
  assert.equal(board.take(), none, 'and it is not given to anybody');
});
