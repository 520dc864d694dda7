import type { Program } from '../options/program.ts';
import { type CommandLine, commandLinesOf, nextWordsOf, type Value } from './command-line.ts';

/** Also for bash 3.2, which macOS has. */
const HELPERS = `_relay_words() {
  COMPREPLY=($(compgen -W "$1" -- "$word"))
}
_relay_files() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -f -- "$word"))
}
`;

export function bashCompletions(programs: readonly Program[]): string {
  return [HELPERS, ...programs.map(completionsOf)].join('');
}

/** What is typed as `--option=value` comes as three words. */
function completionsOf(program: Program): string {
  const name = `_${program.name.replaceAll('-', '_')}`;
  const [own, ...commands] = commandLinesOf(program);
  const next = nextWordsOf(commands);
  const cases = [
    ...commands.map((command) => branch(`' ${command.words.join(' ')} '*`, command)),
    ...[...next]
      .filter(([before]) => before !== '')
      .map(([before, words]) => `    ' ${before} ') _relay_words '${words.join(' ')}' ;;\n`),
    ...(own && next.size > 0 ? [branch("'  '", own, next.get(''))] : []),
    ...(own ? [branch('*', own)] : []),
  ];
  return `${name}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  [[ $word == = ]] && word=
  [[ $before == = ]] && before=\${COMP_WORDS[COMP_CWORD-2]}
  COMPREPLY=()
  case " \${COMP_WORDS[*]:1:COMP_CWORD-1} " in
${cases.join('')}  esac
}
complete -o filenames -F ${name} ${program.name}
`;
}

/** What may come where these words are there already, and maybe some others of a command. */
function branch(
  pattern: string,
  { flags, positionals }: CommandLine,
  words: string[] = [],
): string {
  const byAction = new Map<string, string[]>();
  for (const { name, hint, value } of flags) {
    if (hint === undefined) continue;
    const action = actionOf(value);
    byAction.set(action, [...(byAction.get(action) ?? []), name]);
  }
  const actions = [...byAction].map(
    ([action, names]) => `        ${names.join('|')}) ${action} ;;\n`,
  );
  const choices = positionals.flatMap(({ value }) => ('oneOf' in value ? value.oneOf : []));
  const all = [...words, ...choices, ...flags.map(({ name }) => name)].join(' ');
  return `    ${pattern})
      case $before in
${actions.join('')}        *) _relay_words '${all}' ;;
      esac
      ;;
`;
}

function actionOf(value: Value): string {
  if ('oneOf' in value) return `_relay_words '${value.oneOf.join(' ')}'`;
  return value.file ? '_relay_files' : ':';
}
