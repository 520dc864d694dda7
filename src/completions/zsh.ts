import type { Program } from '../options/program.ts';
import {
  type CommandLine,
  commandLinesOf,
  type Flag,
  nextWordsOf,
  type Value,
} from './command-line.ts';

export function zshCompletions(programs: readonly Program[]): string {
  return programs.map(completionsOf).join('');
}

/** See zshcompsys(1): `words` and `CURRENT` say what is there, `_arguments` completes what follows the first word. */
function completionsOf(program: Program): string {
  const name = `_${program.name.replaceAll('-', '_')}`;
  const [own, ...commands] = commandLinesOf(program);
  const next = nextWordsOf(commands);
  return `${name}() {
${commands.map(commandBranch).join('')}${[...next].map(([before, words]) => wordBranch(before, words)).join('')}${own ? `  ${argumentsOf(own)}\n` : ''}}
compdef ${name} ${program.name}
`;
}

function commandBranch(command: CommandLine): string {
  const count = command.words.length;
  return `  if (( CURRENT > ${count + 1} )) && [[ "\${words[2,${count + 1}]}" == '${command.words.join(' ')}' ]]; then
    words[2,${count + 1}]=()
    (( CURRENT -= ${count} ))
    ${argumentsOf(command)}
    return
  fi
`;
}

/** The first word may as well be an argument of the program itself. */
function wordBranch(before: string, words: string[]): string {
  const count = before === '' ? 0 : before.split(' ').length;
  const place = `(( CURRENT == ${count + 2} ))`;
  if (count === 0) return `  ${place} && compadd -- ${words.join(' ')}\n`;
  return `  if ${place} && [[ "\${words[2,${count + 1}]}" == '${before}' ]]; then
    compadd -- ${words.join(' ')}
    return
  fi
`;
}

function argumentsOf({ flags, positionals }: CommandLine): string {
  const specs = [
    ...flags.map(flagSpec),
    ...positionals.map(({ name, value }, n) => `${n + 1}:${name}:${action(value)}`),
  ];
  return ['_arguments', ...specs.map(quoted)].join(' \\\n    ');
}

function flagSpec({ name, help, hint, value, repeatable }: Flag): string {
  const often = repeatable ? '*' : '';
  const described = `[${help.replaceAll(/[[\]\\]/g, '\\$&')}]`;
  if (hint === undefined) return `${often}${name}${described}`;
  return `${often}${name}=${described}:${hint.replaceAll(':', '\\:')}:${action(value)}`;
}

function action(value: Value): string {
  if ('oneOf' in value) return `(${value.oneOf.join(' ')})`;
  return value.file ? '_files' : ' ';
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
