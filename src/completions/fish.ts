import type { Program } from '../options/program.ts';
import {
  type CommandLine,
  commandLinesOf,
  type Flag,
  nextWordsOf,
  type Value,
} from './command-line.ts';

/** Which command a line has begun: the first argument, of the others; or none of these, if it is empty. */
const HELPERS = `function __relay_in
    set -l line (string join ' ' -- (commandline -opc)[2..])' '
    for command in $argv[2..]
        if string match -q -- "$command *" $line
            test "$command" = "$argv[1]"
            return
        end
    end
    test -z "$argv[1]"
end
function __relay_after
    set -l line (string join ' ' -- (commandline -opc)[2..])
    test "$line" = "$argv[1]"
end
`;

export function fishCompletions(programs: readonly Program[]): string {
  return [HELPERS, ...programs.flatMap(completionsOf)].join('');
}

function completionsOf(program: Program): string[] {
  const all = commandLinesOf(program);
  const commands = all.slice(1);
  const names = commands.map(({ words }) => words.join(' '));
  const complete = `complete -c ${program.name}`;
  const lineOf = (command: CommandLine) => {
    const within = [command.words.join(' '), ...names].map((each) => `'${each}'`).join(' ');
    return names.length === 0 ? complete : `${complete} -n ${quoted(`__relay_in ${within}`)}`;
  };
  return [
    `${complete} -f\n`,
    ...[...nextWordsOf(commands)].map(
      ([before, words]) =>
        `${complete} -n ${quoted(`__relay_after '${before}'`)} -a ${quoted(words.join(' '))}\n`,
    ),
    ...all.flatMap((command) => [
      ...command.flags.map((flag) => `${lineOf(command)} ${flagOf(flag)}\n`),
      ...command.positionals.flatMap(({ value }) =>
        'oneOf' in value ? [`${lineOf(command)} ${valueFor(value)}\n`] : [],
      ),
    ]),
  ];
}

function flagOf({ name, help, hint, value }: Flag): string {
  const described = `-l ${name.slice(2)} -d ${quoted(help)}`;
  return hint === undefined ? described : `${described} ${valueFor(value)}`;
}

function valueFor(value: Value): string {
  if ('oneOf' in value) return `-x -a ${quoted(value.oneOf.join(' '))}`;
  return value.file ? '-r -F' : '-x';
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
