import * as v from 'valibot';
import { flag, text } from './values.ts';

/** How the command line programs report; the library itself logs nothing. */
export const logOptions = {
  /** Lines for people, or one JSON object per line. */
  log: {
    schema: v.optional(v.picklist(['pretty', 'json'], 'expected pretty or json'), 'pretty'),
    hint: 'pretty|json',
    help: 'Lines for people, or one JSON object per line',
  },
};

/** For a broker, which has a line for every connection that would drown the others. */
export const verboseOptions = {
  /** Log every connection from its arrival on. */
  verbose: {
    schema: v.optional(flag, false),
    help: 'Log every connection, from its arrival to its end',
  },
};

/** For a broker: who connected when, whatever else it logs. */
export const accessLogOptions = {
  /** File that gets a JSON object per connection, at its end. Default: none. */
  accessLog: {
    schema: v.optional(text),
    hint: 'file',
    help: 'Append a JSON object to this file for each connection that ends; SIGHUP opens it again',
  },
};

/** For an agent, which somebody may look at while it runs. */
export const liveOptions = {
  live: {
    schema: v.optional(flag, true),
    help: 'On a terminal, a live view in place of lines',
  },
};

/** For an agent, whose events scripts read. */
export const jsonOptions = {
  json: {
    schema: v.optional(flag, false),
    help: 'The same as --log json',
  },
};
