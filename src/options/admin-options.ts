import * as v from 'valibot';
import { listenAddress, text } from './values.ts';

/** The listener by which an operator looks at a running broker, and acts on it. */
export const adminOptions = {
  /** A port of 127.0.0.1, or `<host>:<port>`. Default: none. */
  admin: {
    schema: v.optional(listenAddress),
    hint: 'port|host:port',
    help: 'Serve a status page, metrics, a JSON API and health checks here, to be reached from 127.0.0.1 unless told',
  },
  /** File whose first line is the token that callers have to show. Default: none, and then whoever reaches it may look but change nothing. */
  adminTokenFile: {
    schema: v.optional(text),
    hint: 'file',
    help: 'File whose first line is the token to show to --admin; without one, nothing can be changed there',
    needs: ['admin'],
  },
} as const;
