import { Counter, Gauge, type Registry } from 'prom-client';

/** A value, and the labels that it goes with. */
export interface Sample {
  labels?: Record<string, string>;
  value: number;
}

interface Figure {
  name: string;
  help: string;
  /** Names of the labels that samples have. */
  labels?: readonly string[];
  /** Called at each scrape. */
  read(): number | Iterable<Sample>;
}

/** Adds what goes up and down. Whoever keeps it is asked at each scrape: nothing is counted twice. */
export function gauge(registry: Registry, figure: Figure): void {
  new Gauge({
    ...definition(registry, figure),
    collect() {
      this.reset();
      for (const { labels = {}, value } of samplesOf(figure)) this.set(labels, value);
    },
  });
}

/** Adds what only goes up. */
export function counter(registry: Registry, figure: Figure): void {
  new Counter({
    ...definition(registry, figure),
    collect() {
      this.reset();
      for (const { labels = {}, value } of samplesOf(figure)) this.inc(labels, value);
    },
  });
}

function definition(registry: Registry, { name, help, labels = [] }: Figure) {
  return { name, help, labelNames: [...labels], registers: [registry] };
}

function samplesOf({ read }: Figure): Iterable<Sample> {
  const value = read();
  return typeof value === 'number' ? [{ value }] : value;
}

/** One sample for each member of an object, which is its label. */
export function by<Label extends string>(
  label: Label,
  values: Partial<Record<string, number>>,
): (Sample & { labels: Record<Label, string> })[] {
  return Object.entries(values).map(([key, value = 0]) => ({
    labels: { [label]: key } as Record<Label, string>,
    value,
  }));
}
