import type { Options } from './option.ts';

/** What a program, or a command of one, is called, does and takes: `--help`, manual pages and completions come from this. */
export interface Program {
  /** As it is typed: for a command, the program and the words behind it. */
  name: string;
  description: string;
  options: Options;
  /** What it does besides, when its first arguments are these words. */
  commands?: readonly Program[];
}
