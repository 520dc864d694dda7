import { connectOptions } from './connect-options.ts';
import type { Program } from './program.ts';

export const connectProgram = {
  name: 'relay-connect',
  description:
    'Joins stdin and stdout, or each connection to a local port, with a service that a relay knows by name. With ssh: -o ProxyCommand="relay-connect %h --via <host:port>"',
  options: connectOptions,
} as const satisfies Program;
