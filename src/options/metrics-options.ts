import * as v from 'valibot';
import { listenAddress } from './values.ts';

/** Where `relay-agent` can be asked how it does; the library has {@link Agent.status}. */
export const metricsOptions = {
  /** A port of 127.0.0.1, or `<host>:<port>`. Default: none. */
  metrics: {
    schema: v.optional(listenAddress),
    hint: 'port|host:port',
    help: 'Serve metrics and health checks here, to be reached from 127.0.0.1 unless told',
  },
} as const;
