import assert from 'node:assert/strict';
import test from 'node:test';
import { DeadlineQueue } from '#src/data-plane/deadline-queue.ts';
import fc from '../support/properties.ts';

const TIMEOUT = 100;

test('joining again starts the time anew, at the end of the queue', () => {
  const queue = new DeadlineQueue<string>(TIMEOUT);
  queue.join('a', 0);
  queue.join('b', 10);
  assert.equal(queue.join('a', 20), 20 + TIMEOUT);
  assert.equal(queue.first, 'b');
  assert.equal(queue.nextDeadline, 10 + TIMEOUT);
  assert.deepEqual(queue.expire(10 + TIMEOUT), ['b']);
  assert.deepEqual(queue.expire(20 + TIMEOUT), ['a']);
});

test('who has left does not expire, and leaving twice is no harm', () => {
  const queue = new DeadlineQueue<string>(TIMEOUT);
  queue.join('a', 0);
  assert.equal(queue.leave('a'), true);
  assert.equal(queue.leave('a'), false);
  assert.equal(queue.nextDeadline, Number.POSITIVE_INFINITY);
  assert.deepEqual(queue.expire(Number.POSITIVE_INFINITY), []);
});

const steps = fc.array(
  fc.record({
    member: fc.nat(5),
    do: fc.constantFrom('join', 'join', 'leave', 'expire'),
    after: fc.nat(TIMEOUT),
  }),
);

test('whatever happens, members expire at their deadlines and in their order', () => {
  fc.assert(
    fc.property(steps, (story) => {
      const queue = new DeadlineQueue<number>(TIMEOUT);
      let members: { member: number; deadline: number }[] = [];
      let now = 0;
      for (const step of story) {
        now += step.after;
        if (step.do === 'expire') {
          const due = members.filter(({ deadline }) => deadline <= now);
          members = members.filter((member) => !due.includes(member));
          assert.deepEqual(
            queue.expire(now),
            due.map(({ member }) => member),
          );
        } else {
          members = members.filter(({ member }) => member !== step.member);
          if (step.do === 'leave') queue.leave(step.member);
          else members.push({ member: step.member, deadline: queue.join(step.member, now) });
        }
        assert.equal(queue.size, members.length);
        assert.equal(queue.first, members[0]?.member);
        assert.equal(queue.nextDeadline, members[0]?.deadline ?? Number.POSITIVE_INFINITY);
      }
    }),
  );
});
