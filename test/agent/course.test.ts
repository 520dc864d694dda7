import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Course } from '#src/agent/course.ts';

const first = () => 0;

/** In the order in which they are given. */
function courseOf(...relays: string[]): Course {
  return new Course(relays, first);
}

function failTimes(course: Course, times: number): void {
  for (let n = 0; n < times; n += 1) course.failed();
}

describe('a list of relays', () => {
  test('is gone around, a failure at a time', () => {
    const course = courseOf('a:1', 'b:1', 'c:1');
    const tried = [0, 1, 2, 3].map(() => {
      const { relay } = course;
      course.failed();
      return relay;
    });
    assert.deepEqual(tried, ['a:1', 'b:1', 'c:1', 'a:1']);
    assert.equal(course.failures, 4);
  });

  test('makes rounds, of which each is as good as one failure of a relay that is alone', () => {
    const [alone, three] = [courseOf('a:1'), courseOf('a:1', 'b:1', 'c:1')];
    const rounds = (course: Course) =>
      [1, 2, 3, 4, 5, 6, 7].map(() => {
        course.failed();
        return course.rounds;
      });
    assert.deepEqual(rounds(alone), [1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual(rounds(three), [1, 1, 1, 2, 2, 2, 3]);
  });

  test('has little patience with a relay while there are others, and twice as much in each round', () => {
    assert.equal(courseOf('a:1').stop.patience, undefined);
    const course = courseOf('a:1', 'b:1');
    const patience = [0, 1, 2, 3, 4].map(() => {
      const { stop } = course;
      course.failed();
      return stop.patience;
    });
    assert.deepEqual(patience, [2000, 2000, 4000, 4000, 8000]);
    course.stayed();
    assert.equal(course.stop.patience, 2000);
  });
});

describe('an agent that is sent elsewhere', () => {
  test('goes there, with no failure counted, and has a list to come back to', () => {
    const course = courseOf('a:1');
    assert.equal(course.follow('x:1', 0), true);
    assert.deepEqual(course.stop, { relay: 'x:1', isSent: true, patience: 2000 });
    assert.equal(course.failures, 0);
    course.failed();
    assert.deepEqual(course.stop, { relay: 'a:1', isSent: false, patience: undefined });
  });

  test('goes on behind the relay that it was sent to, where that is in its list', () => {
    const course = courseOf('a:1', 'b:1', 'c:1');
    course.follow('b:1', 0);
    course.failed();
    assert.equal(course.relay, 'c:1');
  });

  test('is sent on four times in a row, and not a fifth', () => {
    const course = courseOf('a:1');
    const followed = ['b:1', 'c:1', 'd:1', 'e:1', 'f:1'].map((to) => course.follow(to, 0));
    assert.deepEqual(followed, [true, true, true, true, false]);
    assert.equal(course.relay, 'e:1');
  });

  test('does not go in circles, also not in the smallest', () => {
    for (const circle of [['a:1'], ['b:1', 'a:1'], ['b:1', 'c:1', 'b:1']]) {
      const course = courseOf('a:1');
      const followed = circle.map((to) => course.follow(to, 0));
      assert.deepEqual(followed.indexOf(false), circle.length - 1, circle.join());
    }
  });

  test('may be sent again by a relay that has had it for a while, or when it has come from its list', () => {
    for (const settle of [
      (course: Course) => course.stayed(),
      (course: Course) => course.failed(),
    ]) {
      const course = courseOf('a:1');
      for (let n = 0; n < 4; n += 1) course.follow(`${n}:1`, 0);
      settle(course);
      assert.equal(course.follow('0:1', 0), true);
    }
  });

  test('is sent thirty times in a minute, whatever lies between, and not more often', () => {
    const course = courseOf('a:1');
    const goes = (n: number, now: number) => {
      course.stayed();
      return course.follow(`${n}:1`, now);
    };
    const followed = Array.from({ length: 40 }, (_, n) => goes(n, n * 1000));
    assert.equal(followed.lastIndexOf(true), 29);
    assert.equal(goes(40, 59_999), false);
    assert.equal(goes(41, 60_000), true);
  });

  test('keeps count of its failures, however often it is sent about', () => {
    const course = courseOf('a:1');
    failTimes(course, 3);
    course.follow('b:1', 0);
    course.failed();
    assert.deepEqual([course.failures, course.rounds], [4, 4]);
  });
});
