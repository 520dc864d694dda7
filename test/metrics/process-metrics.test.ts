import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { counter, gauge } from '#src/metrics/figures.ts';
import { addProcessMetrics } from '#src/metrics/process-metrics.ts';

test('figures are what they are at each scrape, and labels that are gone are gone', async () => {
  const registry = new Registry();
  let value = 1;
  counter(registry, { name: 'a_total', help: 'a', read: () => value });
  gauge(registry, {
    name: 'b',
    help: 'b',
    labels: ['is'],
    read: () => [{ labels: { is: String(value) }, value }],
  });
  assert.match(await registry.metrics(), /^a_total 1\n(.*\n)*b\{is="1"\} 1\n/m);
  value = 3;
  const second = await registry.metrics();
  assert.match(second, /^a_total 3\n(.*\n)*b\{is="3"\} 3\n/m);
  assert.doesNotMatch(second, /b\{is="1"\}/);
});

test('a main thread that stood still shows', async (t) => {
  const registry = new Registry();
  t.after(addProcessMetrics(registry));
  const late = async () => {
    const [, value] = /lag_seconds\{percentile="100"\} (.*)/.exec(await registry.metrics()) ?? [];
    return Number(value);
  };
  // A look is taken once in a while; the first one is what the second one is measured from.
  for (let n = 0; n < 4; n += 1) {
    const until = performance.now() + 150;
    while (performance.now() < until);
    await nextTurn();
  }
  assert.ok((await late()) > 0.02);
  const metrics = await registry.metrics();
  for (const name of ['cpu_seconds_total', 'start_time_seconds', 'resident_memory_bytes']) {
    assert.match(metrics, new RegExp(`^process_${name} [\\d.e+]+$`, 'm'));
  }
});
