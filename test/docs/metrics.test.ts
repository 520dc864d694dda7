import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test, { type TestContext } from 'node:test';
import { parse } from 'yaml';
import { BrokerMetrics } from '#src/metrics/broker-metrics.ts';
import { type Family, parseExposition } from '../support/exposition.ts';
import { FakeBroker, FLEET } from '../support/operated-broker.ts';

const HOOK = { counters: { waiting: 1, delivered: 2, failed: 3, dropped: 4 } };

async function families(t: TestContext): Promise<Map<string, Family>> {
  const broker = new FakeBroker();
  broker.inFleet = FLEET;
  const metrics = new BrokerMetrics(broker, '1', HOOK);
  t.after(() => metrics.close());
  return parseExposition(await metrics.scrape());
}

/** Names in an expression that are metrics: all words of ours but labels and values. */
function metricsIn(expression: string): string[] {
  const bare = expression.replace(/\{[^}]*\}|"[^"]*"/g, '');
  return bare.match(/\b(relay|process|nodejs)_\w+/g) ?? [];
}

/** The labels and the values that an expression picks by. */
function pickedIn(expression: string): [metric: string, label: string, values: string[]][] {
  return [...expression.matchAll(/(\w+)\{([^}]*)\}/g)].flatMap(([, metric = '', picks = '']) =>
    [...picks.matchAll(/(\w+)(?:=|!=|=~|!~)"([^"]*)"/g)]
      .filter(([, label = '']) => !['job', 'instance'].includes(label))
      .map(([, label = '', values = '']): [string, string, string[]] => [
        metric,
        label,
        values.split('|'),
      ]),
  );
}

/** Causes that a broker tells only once it has met them. */
const MET_ONLY = ['relay_registrations_refused_total', 'relay_doors_refused_total'];

function check(known: Map<string, Family>, expression: string): void {
  const names = metricsIn(expression);
  assert.ok(names.length > 0 || expression.startsWith('up{'), expression);
  for (const name of names) {
    const family = known.get(name) ?? known.get(name.replace(/_(bucket|sum|count)$/, ''));
    assert.ok(family, `${name} of ${expression}`);
    if (family.type === 'counter') {
      assert.match(
        expression,
        new RegExp(`(rate|increase)\\(${name}`),
        'a counter by itself says nothing',
      );
    }
  }
  for (const [name, label, values] of pickedIn(expression)) {
    if (name === 'up' || MET_ONLY.includes(name)) continue;
    const there = known.get(name)?.samples.map(({ labels }) => labels[label]) ?? [];
    for (const value of values) assert.ok(there.includes(value), `${label} ${value} of ${name}`);
  }
}

test('the handbook lists every metric with its type and its labels, and no other', async (t) => {
  const page = await readFile('docs/operations.md', 'utf8');
  const rows = [...page.matchAll(/^\| `((?:relay|process|nodejs)_\w+)` \| (\w+) \|(.*?)\| \S/gm)];
  const listed = rows.map(([, name, type, labels = '']) => [
    name,
    type,
    labels.replaceAll('`', '').trim(),
  ]);
  const there = [...(await families(t))].map(([name, { type, samples }]) => {
    const labels = Object.keys(samples[0]?.labels ?? {}).filter(
      // In a fleet, every metric has the latter.
      (label) => label !== 'le' && label !== 'node',
    );
    return [name, type, labels.join(', ')];
  });
  assert.deepEqual(listed.sort(), there.sort());
});

test('the handbook speaks of no metric that is not there', async (t) => {
  const known = await families(t);
  const page = await readFile('docs/operations.md', 'utf8');
  // An agent's have a test of their own.
  const named = [...page.matchAll(/`((?:relay|process|nodejs)_(?!agent_)\w+)/g)];
  const unknown = named.map(([, name = '']) => name).filter((name) => !known.has(name));
  assert.deepEqual(unknown, []);
});

test('the dashboard asks for metrics that there are', async (t) => {
  const known = await families(t);
  const dashboard = JSON.parse(await readFile('examples/grafana/dashboard.json', 'utf8'));
  const ids = new Set(dashboard.panels.map(({ id }: { id: number }) => id));
  assert.equal(ids.size, dashboard.panels.length, 'each panel has an id of its own');
  const shown = new Set<string>();
  for (const { title, datasource, targets } of dashboard.panels) {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana's
    assert.equal(datasource.uid, '${datasource}', title);
    for (const { expr } of targets) {
      check(known, expr);
      for (const name of metricsIn(expr)) shown.add(name.replace(/_bucket$/, ''));
    }
  }
  const hidden = [...known.keys()].filter((name) => !shown.has(name));
  assert.deepEqual(hidden, [
    'relay_draining',
    'relay_data_plane_threads',
    'relay_hook_events_waiting',
    'relay_hook_events_total',
    'process_start_time_seconds',
    'nodejs_heap_size_used_bytes',
  ]);
});

test('every alert is made of metrics that there are, and the handbook says what to do', async (t) => {
  const known = await families(t);
  const page = await readFile('docs/operations.md', 'utf8');
  const { groups } = parse(await readFile('examples/grafana/alerts.yml', 'utf8'));
  const rules = groups.flatMap((group: { rules: object[] }) => group.rules);
  assert.ok(rules.length > 5);
  for (const rule of rules) {
    const { alert, expr, for: lasting = '0s', labels, annotations, ...others } = rule;
    assert.match(alert, /^Relay[A-Za-z]+$/);
    assert.match(lasting, /^\d+[sm]$/);
    assert.ok(['warning', 'critical'].includes(labels.severity));
    assert.ok(annotations.summary.length > 0);
    assert.deepEqual(others, {});
    check(known, expr);
    assert.ok(page.includes(`| \`${alert}\` |`), alert);
  }
});
