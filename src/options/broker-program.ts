import * as v from 'valibot';
import { drainOptions, kickOptions, psOptions, statusOptions } from './admin-client-options.ts';
import { adminOptions } from './admin-options.ts';
import { brokerOptions } from './broker-options.ts';
import { configOptions } from './config-options.ts';
import { hookOptions } from './hook-options.ts';
import { accessLogOptions, logOptions, verboseOptions } from './log-options.ts';
import type { Program } from './program.ts';
import { text } from './values.ts';

export const tokenCreateCommand = {
  name: 'relay-broker token create',
  description: 'Makes a token, adds it to the tokens file and prints it',
  options: {
    name: { schema: text, positional: true, help: 'Name of the new token: a-z, 0-9 and -' },
    tokens: { schema: text, hint: 'file', help: 'The tokens file, made if there is none' },
  },
} as const satisfies Program;

/** Shells that completions can be had for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export const completionsCommand = {
  name: 'relay-broker completions',
  description: 'Prints what a shell has to read to complete the command lines of all programs',
  options: {
    shell: {
      schema: v.picklist(SHELLS, 'expected bash, zsh or fish'),
      positional: true,
      help: 'The shell: bash, zsh or fish',
    },
  },
} as const satisfies Program;

export const statusCommand = {
  name: 'relay-broker status',
  description: 'Shows how a running broker stands',
  options: statusOptions,
} as const satisfies Program;

export const psCommand = {
  name: 'relay-broker ps',
  description:
    'Lists the registrations of a running broker, the connections of one of them, or those that go on to other brokers',
  options: psOptions,
} as const satisfies Program;

export const kickCommand = {
  name: 'relay-broker kick',
  description:
    'Ends a registration of a running broker, or one of its connections; of a registration that is held, releases the lease',
  options: kickOptions,
} as const satisfies Program;

export const drainCommand = {
  name: 'relay-broker drain',
  description: 'Has a running broker let nobody in any more, and end when relayed connections have',
  options: drainOptions,
} as const satisfies Program;

export const brokerProgram = {
  name: 'relay-broker',
  description: 'A TCP relay: servers behind NAT register here, clients reach them through it',
  options: {
    ...brokerOptions,
    ...adminOptions,
    ...logOptions,
    ...verboseOptions,
    ...accessLogOptions,
    ...configOptions,
    ...hookOptions,
  },
  commands: [
    statusCommand,
    psCommand,
    kickCommand,
    drainCommand,
    tokenCreateCommand,
    completionsCommand,
  ],
} as const satisfies Program;
