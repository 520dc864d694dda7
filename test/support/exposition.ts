/** One family of the Prometheus text format. */
export interface Family {
  type: string;
  help: string;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const COMMENT = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;

/**
 * Reads the text format (version 0.0.4) by name, and throws for whatever is not in it: a parser of
 * Prometheus would take the rest and say nothing.
 */
export function parseExposition(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let open: string | undefined;
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error('the last line has no end');
  for (const line of lines) {
    if (line === '') continue;
    const [, keyword, name = '', rest = ''] = COMMENT.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (families.has(name)) throw new Error(`${name} twice`);
      families.set(name, { type: '', help: rest, samples: [] });
      open = name;
    } else if (keyword === 'TYPE') {
      const family = families.get(name);
      if (name !== open || family === undefined || family.samples.length > 0)
        throw new Error(`a type out of place: ${line}`);
      if (!['counter', 'gauge', 'histogram', 'summary'].includes(rest)) throw new Error(line);
      family.type = rest;
    } else {
      const family = families.get(open ?? '');
      const [, sample = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
      if (family === undefined || !belongs(sample, open ?? '', family.type))
        throw new Error(`a sample out of place: ${line}`);
      if (seen.has(`${sample}{${labels}}`)) throw new Error(`twice: ${line}`);
      seen.add(`${sample}{${labels}}`);
      family.samples.push({ name: sample, labels: labelsIn(labels), value: numberIn(value) });
    }
  }
  return families;
}

function belongs(sample: string, family: string, type: string): boolean {
  if (type !== 'histogram') return sample === family;
  return ['_bucket', '_sum', '_count'].some((suffix) => sample === family + suffix);
}

function labelsIn(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const [whole = '', name = '', value = ''] = LABEL.exec(rest) ?? [];
    if (name === '' || name in labels) throw new Error(`labels: ${text}`);
    labels[name] = value;
    rest = rest.slice(whole.length);
  }
  return labels;
}

function numberIn(text: string): number {
  const value = Number(text.replace(/^\+?Inf$/, 'Infinity'));
  if (Number.isNaN(value)) throw new Error(`no number: ${text}`);
  return value;
}
