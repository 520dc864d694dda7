import * as v from 'valibot';
import { flag, text } from './values.ts';

/** How an agent and its relay know each other. */
export const trustOptions = {
  /** What entitles to register, `<name>.<secret>`. Better given in a file. Default: none. */
  token: {
    schema: v.optional(text),
    hint: 'token',
    help: 'Entitles to register; better given as RELAY_TOKEN or in a file',
    secret: true,
    excludes: ['tokenFile'],
  },
  /** File of the token, which its owner alone should be able to read. Read anew for each registration. Default: none. */
  tokenFile: {
    schema: v.optional(text),
    hint: 'file',
    help: 'File of the token',
  },
  /** Whether to encrypt what passes between agent and relay, and to check the relay's certificate. Default false. */
  tls: {
    schema: v.optional(flag, false),
    help: "Encrypt, and check the relay's certificate",
  },
  /** File of the authorities that the relay's certificate may come from, in PEM. Default: those that Node trusts. */
  tlsCa: {
    schema: v.optional(text),
    hint: 'file',
    help: "Authorities to trust for the relay's certificate, in PEM (default: Node's)",
    needs: ['tls'],
  },
  /** File of the agent's own certificate, with its chain, in PEM. Default: none. */
  tlsCert: {
    schema: v.optional(text),
    hint: 'file',
    help: "The agent's own certificate, with its chain, in PEM",
    needs: ['tlsKey'],
  },
  /** File of the private key of `tlsCert`, in PEM. */
  tlsKey: {
    schema: v.optional(text),
    hint: 'file',
    help: 'The private key of that certificate, in PEM',
    needs: ['tlsCert'],
  },
  /** The name that the relay's certificate has to be for. Default: the host of the relay that is dialled. */
  tlsServername: {
    schema: v.optional(text),
    hint: 'name',
    help: "Name that the relay's certificate has to be for (default: the relay's host)",
    needs: ['tls'],
  },
} as const;
