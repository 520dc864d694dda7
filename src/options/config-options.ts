import * as v from 'valibot';
import { flag, text } from './values.ts';

/** Where a program finds its settings besides, and what else it may do with them than run. */
export const configOptions = {
  /** File of settings, in TOML, read again at SIGHUP and when it changes. Default: none. */
  config: {
    schema: v.optional(text),
    hint: 'file',
    help: 'Take what is not given here or in the environment from this file, in TOML',
    momentary: true,
  },
  checkConfig: {
    schema: v.optional(flag, false),
    help: 'Do nothing but tell what is wrong with the file, line by line',
    needs: ['config'],
    momentary: true,
  },
  printConfig: {
    schema: v.optional(flag, false),
    help: 'Do nothing but print all settings as such a file, with where each comes from',
    momentary: true,
  },
} as const;
