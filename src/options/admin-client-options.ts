import * as v from 'valibot';
import { formatAddress, parseListen, secondsFromZero, text, textThat } from './values.ts';

/** Where the admin listener of a broker is; undefined for what says nothing of the kind. */
export function parseAdminUrl(given: string): URL | undefined {
  const at = parseListen(given);
  const text = at === undefined ? given : `http://${formatAddress(at.host, at.port)}`;
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return undefined;
  // Behind a proxy, it may have a path, below which all of it lies.
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** What every command takes that talks to a running broker. */
const reachOptions = {
  /** The broker's `--admin`, or where a proxy before it is. Required. */
  admin: {
    schema: textThat(
      (given) => parseAdminUrl(given) !== undefined,
      'http://<host>:<port>, or <host>:<port>',
    ),
    hint: 'url',
    help: 'The admin listener of the broker: <port>, <host>:<port> or a URL',
  },
  adminTokenFile: {
    schema: v.optional(text),
    hint: 'file',
    help: "The broker's token, in the first line of this file",
  },
} as const;

/** What those that show something take, too. */
const shownOptions = {
  ...reachOptions,
  json: {
    schema: v.optional(v.boolean(), false),
    help: 'Print what the broker answers, as JSON',
  },
} as const;

const registration = v.pipe(
  v.number('expected the id of a registration'),
  v.integer('expected the id of a registration'),
  v.minValue(0, 'expected the id of a registration'),
);

export const statusOptions = {
  fleet: {
    schema: v.optional(v.boolean(), false),
    help: 'Show the fleet that the broker is one of: its brokers, its names and where each lives',
  },
  ...shownOptions,
} as const;

export const psOptions = {
  registration: {
    schema: v.optional(registration),
    positional: true,
    help: 'List the connections of this one',
    excludes: ['forwarded'],
  },
  forwarded: {
    schema: v.optional(v.boolean(), false),
    help: 'List the clients that came here and that other brokers of its fleet serve',
  },
  ...shownOptions,
} as const;

export const kickOptions = {
  target: {
    schema: textThat(
      (given) => /^(\d{1,15}(\/\d{1,15})?|forwarded\/\d{1,15})$/.test(given),
      '<registration>, <registration>/<connection> or forwarded/<connection>, which relay-broker ps lists',
    ),
    positional: true,
    help: 'What to end: <registration>, <registration>/<connection>, or forwarded/<connection>',
  },
  ...reachOptions,
} as const;

export const drainOptions = {
  deadline: {
    schema: v.optional(secondsFromZero),
    hint: 's',
    help: "Seconds that relayed connections get to finish (default: the broker's --drain)",
  },
  wait: {
    schema: v.optional(v.boolean(), false),
    help: 'Come back when the broker has ended',
  },
  ...shownOptions,
} as const;
