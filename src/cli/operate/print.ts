import { count } from '../../units.ts';
import { print } from '../print.ts';

/** For programs. */
export function printJson(value: unknown): void {
  print(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Of the terminal, if it is one. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined;
}

/** What there is to say, each under its title. */
export function titled(lines: Record<string, string>): string {
  const width = Math.max(...Object.keys(lines).map((title) => title.length));
  return Object.entries(lines)
    .map(([title, text]) => `${title.padEnd(width)}  ${text}\n`)
    .join('');
}

/** What there is of each kind, where there is any. */
export function all(counts: Record<string, number>): string {
  return Object.entries(counts)
    .filter(([, number]) => number > 0)
    .map(([what, number]) => `${count(number)} ${what}`)
    .join(', ');
}
