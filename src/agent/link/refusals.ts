import { RelayError } from '../../errors.ts';
import type { ErrorCode } from '../../protocol/error-codes.ts';
import { errorCode } from '../../protocol/extended.ts';
import { escaped } from '../../protocol/printable.ts';

/** What a user can do about a refusal. */
const ADVICE: Partial<Record<ErrorCode, string>> = {
  'hello-unknown': 'It may know only the basic protocol, or be no relay at all.',
  'version-unknown': 'Use versions of relay-agent and relay-broker that go together.',
  'tls-required': 'Use --tls.',
  'token-required': 'Ask its operator for a token, and use --token-file.',
  'token-refused': 'Check the token, or ask the operator of the relay for another.',
  'token-expired': 'Ask the operator of the relay for another token.',
  'port-taken': 'Ask for another port, or for none.',
  'port-forbidden': 'Ask for another port, or for none.',
  'no-port': 'The operator of the relay can give it more (--ports).',
  'directory-away': 'Its operator can see to the servers of --cluster.',
  'name-taken': 'Ask for another name, or wait until it is free.',
  'name-forbidden': 'Ask for another name, or its operator for the right to this one.',
  'group-forbidden': 'Ask its operator for a token with that right ("group").',
  'too-many': 'Its operator can raise the limit.',
  'limit-refused': 'Ask for another limit.',
  'key-shared': 'Give every agent a state file of its own (--state).',
  revoked: 'Ask the operator of the relay for another token.',
  'ended-by-operator': 'Ask him why, or end this agent.',
};

/** What trying again does not mend: somebody has to change something first. */
const LASTING: readonly ErrorCode[] = [
  'hello-unknown',
  'line-too-long',
  'bad-message',
  'out-of-order',
  'version-unknown',
  'tls-required',
  'token-required',
  'token-refused',
  'token-expired',
  'port-forbidden',
  'name-forbidden',
  'group-forbidden',
  'limit-refused',
  'key-shared',
  'revoked',
  'ended-by-operator',
];

/** The relay has another one that is to be registered with. */
export class SentElsewhere extends RelayError {
  /** That one's control port. */
  readonly to: string;

  constructor(message: string, to: string) {
    super('E_REFUSED', message, { refusal: 'elsewhere' });
    this.to = to;
  }
}

/** What a relay says in `[ERROR]`, as an error of ours. */
export function refused(
  name: string,
  said: RelayMessage & { to?: string | undefined },
  what: 'refuses' | 'ends the registration' = 'refuses',
): RelayError {
  const message = inWords(`The relay at ${name} ${what}`, said);
  if (said.code === 'elsewhere' && said.to !== undefined)
    return new SentElsewhere(message, said.to);
  return new RelayError('E_REFUSED', message, { refusal: escaped(said.code) });
}

/** What a relay says in `[WARNING]`. */
export function warning(name: string, said: RelayMessage): string {
  return inWords(`The relay at ${name} warns`, said);
}

function inWords(who: string, { code, message }: RelayMessage): string {
  const why = escaped(message).replace(/\.$/, '');
  const advice = ADVICE[errorCode(code)];
  return `${who} (${escaped(code)}): ${why}.${advice === undefined ? '' : ` ${advice}`}`;
}

/** And those of these that one relay says, and another one of the same fleet may not: it runs another version, for example. */
const OF_ONE_RELAY: readonly ErrorCode[] = [
  'hello-unknown',
  'line-too-long',
  'bad-message',
  'out-of-order',
  'version-unknown',
];

/**
 * Whether to try again soon is of no use.
 *
 * @param hasOthers - whether another relay is tried next
 */
export function isLasting({ code, refusal = '' }: RelayError, hasOthers: boolean): boolean {
  if (code === 'E_BROKER_UNTRUSTED') return !hasOthers;
  const known = errorCode(refusal);
  return LASTING.includes(known) && !(hasOthers && OF_ONE_RELAY.includes(known));
}

/** As it came over the wire. */
interface RelayMessage {
  code: string;
  message: string;
}
