import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Heartbeat } from '#src/agent/link/heartbeat.ts';
import { FakeBroker } from '../../support/fake-broker.ts';
import { runAgent } from '../../support/running-agent.ts';

function heartbeat(t: TestContext, granted: { heartbeat: number; deadline: number }) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const counts = { beats: 0, silences: 0 };
  const beat = () => {
    counts.beats += 1;
  };
  const silent = () => {
    counts.silences += 1;
  };
  return Object.assign(new Heartbeat(granted, { beat, silent }), {
    counts,
    /** What was done by then. */
    after: async (milliseconds: number) => {
      t.mock.timers.tick(milliseconds);
      await turn();
      return counts;
    },
  });
}

describe('signs of life', () => {
  test('go out as often as the relay asks for', async (t) => {
    const { after } = heartbeat(t, { heartbeat: 5, deadline: 1000 });
    assert.equal((await after(4999)).beats, 0);
    assert.equal((await after(1)).beats, 1);
    assert.equal((await after(50_000)).beats, 11);
  });

  test('are missed when the deadline has passed since the last', async (t) => {
    const pulse = heartbeat(t, { heartbeat: 5, deadline: 15 });
    for (let signs = 0; signs < 4; signs += 1) {
      assert.equal((await pulse.after(14_999)).silences, 0);
      pulse.heard();
    }
    assert.equal((await pulse.after(14_999)).silences, 0);
    assert.equal((await pulse.after(1)).silences, 1);
  });

  test('are heard, when they have come in time, however busy this process was meanwhile', async (t) => {
    const pulse = heartbeat(t, { heartbeat: 5, deadline: 15 });
    const counts = pulse.after(15_000);
    pulse.heard();
    assert.equal((await counts).silences, 0);
    assert.equal((await pulse.after(15_000)).silences, 1);
  });

  test('are not missed while nobody listens', async (t) => {
    const pulse = heartbeat(t, { heartbeat: 5, deadline: 15 });
    pulse.ignore();
    pulse.heard();
    assert.equal((await pulse.after(60_000)).silences, 0);
    pulse.listen();
    assert.equal((await pulse.after(14_999)).silences, 0);
    assert.equal((await pulse.after(1)).silences, 1);
  });

  test('end with their connection', async (t) => {
    const pulse = heartbeat(t, { heartbeat: 5, deadline: 15 });
    pulse.stop();
    assert.deepEqual(await pulse.after(60_000), { beats: 0, silences: 0 });
  });

  test('are no flood, whatever the relay asks for', async (t) => {
    const { after } = heartbeat(t, { heartbeat: 0.001, deadline: 0.001 });
    const { beats, silences } = await after(19);
    assert.deepEqual([beats, silences], [1, 0]);
    assert.equal((await after(1)).silences, 1);
  });

  test('fit a timer, whatever the relay asks for', async (t) => {
    const month = 2 ** 31 / 1000;
    const { after } = heartbeat(t, { heartbeat: month, deadline: month });
    assert.equal((await after(3_599_999)).beats, 0);
    assert.equal((await after(1)).beats, 1);
    assert.equal((await after(4 * 3_600_000)).silences, 1);
  });
});

test('a relay that falls silent is lost, and one that speaks is not', async (t) => {
  const granted = { registered: { heartbeat: 0.05, deadline: 0.2 } };
  const [quiet, lively] = [await FakeBroker.start(t, granted), await FakeBroker.start(t, granted)];
  const kept = runAgent(t, { to: lively.to });
  const control = await lively.agent();
  const pinging = setInterval(() => control.say('PING'), 20);
  t.after(() => clearInterval(pinging));
  const { next } = runAgent(t, { to: quiet.to });
  for (let losses = 0; losses < 3; losses += 1) {
    const [error] = await next('lost');
    assert.match(error.message, /fell silent/);
  }
  assert.ok(!kept.told.includes('lost'));
  assert.ok(control.lines.filter(({ word }) => word === 'PING').length > 3);
});
