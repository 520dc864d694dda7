import * as v from 'valibot';
import type { Option } from '#src/options/option.ts';
import type { Program } from '#src/options/program.ts';
import { dashed, variableOf } from '#src/options/spelling.ts';

/** The manual page of a program, or of a command of one, in the macros of man(7). */
export function manPage(program: Program, version: string, seeAlso: readonly Program[]): string {
  const { name, description, options, commands = [] } = program;
  const all = Object.entries(options);
  const positionals = all.filter(([, { positional }]) => positional);
  const flags = all.filter(([, { positional }]) => !positional);
  const title = pageName(program);
  return [
    `.TH ${title.toUpperCase()} 1 "" "relay-broker ${version}" "User Commands"`,
    ...section('Name', [`${plain(title)} \\- ${plain(description)}`]),
    ...section('Synopsis', synopsis(name, positionals, commands)),
    ...section('Description', [
      `${plain(description)}.`,
      '.PP',
      plain('Each option can be given on the command line or in the environment; the former wins.'),
      ...('config' in options
        ? [plain('What is in neither may be in the file that --config names.')]
        : []),
    ]),
    ...section('Arguments', positionals.flatMap(argument)),
    ...section('Options', [...flags.flatMap(flag), ...BUILT_IN]),
    ...section('Commands', commands.flatMap(command)),
    ...section('Exit status', EXIT_STATUS),
    ...section('See also', [
      seeAlso.map((each) => `.BR ${plain(pageName(each))} (1)`).join(' ,\n'),
    ]),
    '',
  ].join('\n');
}

/** As git names those of its commands. */
export function pageName({ name }: Program): string {
  return name.replaceAll(' ', '-');
}

const BUILT_IN = [
  ...paragraph(bold('--help'), ['Says what there is, and ends.']),
  ...paragraph(bold('--version'), ['Says which version this is, and ends.']),
];

const EXIT_STATUS = [
  ...paragraph(bold('0'), [
    'It did what it was to do, and for a program that runs, ended as it was told to.',
  ]),
  ...paragraph(bold('1'), ['It could not, and has said why.']),
  ...paragraph(bold('2'), [
    'What it was given makes no sense: an option is unknown, missing or wrong.',
  ]),
];

type Entry = [key: string, option: Option];

function section(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : [`.SH ${title.toUpperCase()}`, ...lines];
}

/** What is tagged, and a paragraph about it, further in. */
function paragraph(tag: string, lines: string[]): string[] {
  return ['.TP', tag, ...lines];
}

function synopsis(name: string, positionals: Entry[], commands: readonly Program[]): string[] {
  const own = [
    bold(name),
    '[\\fIoptions\\fR]',
    ...positionals.map(([key]) => italic(`<${dashed(key)}>`)),
  ];
  return [own.join(' '), ...commands.flatMap((each) => ['.br', `${bold(each.name)} ...`])];
}

function argument([key, option]: Entry): string[] {
  return paragraph(italic(`<${dashed(key)}>`), explained(key, option));
}

function flag([key, option]: Entry): string[] {
  const { hint } = option;
  const value = hint === undefined ? '' : `=${italic(`<${hint}>`)}`;
  return paragraph(`${bold(`--${dashed(key)}`)}${value}`, explained(key, option));
}

function explained(key: string, { help, schema }: Option): string[] {
  const fallback = v.getDefault(schema);
  const shown = fallback === undefined || fallback === false ? '' : ` Default: ${fallback}.`;
  return [plain(`${help}.${shown}`), '.br', plain(`In the environment: ${variableOf(key)}`)];
}

function command(program: Program): string[] {
  return paragraph(bold(program.name), [
    plain(`${program.description}. See`),
    `.BR ${plain(pageName(program))} (1).`,
  ]);
}

function bold(text: string): string {
  return `\\fB${plain(text)}\\fR`;
}

function italic(text: string): string {
  return `\\fI${plain(text)}\\fR`;
}

/** As it reads and can be copied: groff makes typographic signs of some ASCII, and requests of lines that begin with a dot or an apostrophe. */
function plain(text: string): string {
  const signs: Record<string, string> = {
    '\\': '\\e',
    '-': '\\-',
    "'": '\\(aq',
    '^': '\\(ha',
    '~': '\\(ti',
    '`': '\\(ga',
  };
  const safe = text.replaceAll(/[\\\-'^~`]/g, (sign) => signs[sign] ?? sign);
  return safe.startsWith('.') ? `\\&${safe}` : safe;
}
