import type { Run } from '../results.ts';
import { barChart, type Panel } from './bar-chart.ts';
import { mediansOf } from './medians.ts';

const BULK = {
  'bulk-1': '1 stream',
  'bulk-8': '8 streams',
  'bulk-64': '64 streams',
  'bulk-8-both-ways': '8 streams, both directions at once',
};

const CONNECTIONS = {
  'connections-32': 'New connections, 32 in flight',
  'connections-256': 'New connections, 256 in flight',
};

export function throughputPlot(run: Run): string {
  const bulk = Object.entries(BULK).map(([workload, title]) =>
    panel(run, `${title}, Gbit/s`, workload, ['throughput']),
  );
  return barChart('Bulk throughput by relay', bulk);
}

export function cpuPlot(run: Run): string {
  const figures = ['broker CPU', 'agent CPU'];
  const bulk = Object.entries(BULK).map(([workload, title]) =>
    panel(run, `${title}, CPU seconds per GB`, workload, figures),
  );
  const connections = Object.entries(CONNECTIONS).map(([workload, title]) =>
    panel(run, `${title}, CPU milliseconds each`, workload, figures),
  );
  return barChart('CPU time of broker (strong colour) and agent (pale)', [...bulk, ...connections]);
}

function panel(run: Run, title: string, workload: string, figures: string[]): Panel {
  const median = mediansOf(run);
  const rows = Object.keys(run.versions)
    // Without a relay there is no CPU time to show, and the other bars would shrink beside its throughput.
    .filter((relay) => relay !== 'no relay')
    .map((relay) => ({
      label: relay,
      ours: relay.startsWith('ours'),
      parts: figures.flatMap((figure) => median(workload, figure, relay) ?? []),
    }));
  return { title, rows: rows.filter(({ parts }) => parts.length > 0) };
}
