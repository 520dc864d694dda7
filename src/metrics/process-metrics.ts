import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Registry } from 'prom-client';
import { counter, gauge } from './figures.ts';

/** Milliseconds between two looks at the event loop: each wakes the main thread, which sleeps while threads of a data plane relay. */
const RESOLUTION = 100;

const MILLION = 1e6;
const BILLION = 1e9;

/**
 * Adds how the process does, by the names that all Prometheus clients have for it. Its
 * descriptors are left to those who count them: to count them here takes longer than all else.
 *
 * @returns stops the look at the event loop
 */
export function addProcessMetrics(registry: Registry): () => void {
  counter(registry, {
    name: 'process_cpu_seconds_total',
    help: 'Processor time used, in user mode and in the kernel, all threads together',
    read: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / MILLION;
    },
  });
  gauge(registry, {
    name: 'process_start_time_seconds',
    help: 'When the process was started, in seconds since 1970',
    read: () => performance.timeOrigin / 1000,
  });
  gauge(registry, {
    name: 'process_resident_memory_bytes',
    help: 'Memory of the process that is in RAM',
    read: () => process.memoryUsage.rss(),
  });
  gauge(registry, {
    name: 'nodejs_heap_size_used_bytes',
    help: 'Of that, objects of JavaScript of the main thread',
    read: () => process.memoryUsage().heapUsed,
  });
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  gauge(registry, {
    name: 'nodejs_eventloop_lag_seconds',
    help: 'By how much the main thread was late since the last scrape: half of the time at most percentile 50, and so on',
    labels: ['percentile'],
    read: () => {
      const percentiles = [50, 99, 100];
      const samples = percentiles.map((percent) => ({
        labels: { percentile: String(percent) },
        // What is measured is the time between two looks.
        value: Math.max(0, delay.percentile(percent) / BILLION - RESOLUTION / 1000),
      }));
      delay.reset();
      return samples;
    },
  });
  return () => delay.disable();
}
