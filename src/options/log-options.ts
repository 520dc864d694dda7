import * as v from 'valibot';

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
    schema: v.optional(v.boolean(), false),
    help: 'Log every connection, from its arrival to its end',
  },
};

/** For an agent, whose events scripts read. */
export const jsonOptions = {
  json: {
    schema: v.optional(v.boolean(), false),
    help: 'The same as --log json',
  },
};
