import type { Run } from '../results.ts';
import { barRows, figureRows } from './tables.ts';

/** What the page takes from a run, by the name of the place in it. */
export function generatedParts(run: Run, file: string): Record<string, string> {
  return {
    source: `Generated from [bench/results/${file}](../bench/results/${file}).`,
    machine: machine(run),
    bars: markdownTable(barRows(run)),
    figures: markdownTable(figureRows(run)),
  };
}

/** Puts each part between its two marks, `<!-- name -->` and `<!-- /name -->`. */
export function fillIn(page: string, parts: Record<string, string>): string {
  return Object.entries(parts).reduce((filled, [name, content]) => {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [before, rest] = splitOnce(filled, open);
    const [, after] = splitOnce(rest, close);
    return `${before}${open}\n\n${content}\n\n${close}${after}`;
  }, page);
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`The page has no ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

function machine({ date, machine, versions, settings, failures }: Run): string {
  const { cpu, cores, memoryGiB, kernel, congestionControl, node, load } = machine;
  const { rounds, seconds } = settings;
  const lines = [
    `- ${date.slice(0, 10)}, ${rounds} rounds of ${seconds} s for each measurement`,
    `- ${cpu}, ${cores} cores, ${memoryGiB} GiB of memory, ${kernel}, congestion control ${congestionControl}`,
    `- our broker and agent on Node ${node}; load generator on ${load}`,
    ...Object.entries(versions).map(([relay, version]) => `- ${relay}: ${version}`),
    ...failures.map((failure) => `- failed in ${failure}`),
  ];
  return lines.join('\n');
}

function markdownTable([head = [], ...rows]: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  // What can be a number stands to the right.
  const rule = head.map((_, column) => (column < 2 ? '---' : '--:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
