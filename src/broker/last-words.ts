import type { ProtocolError } from '../protocol/error-codes.ts';
import type { RegistrationEnding } from './events.ts';

/** What agents are told that lose what they have, or do not get it any more. */

export const SHUTDOWN: ProtocolError = {
  code: 'shutdown',
  message: 'the relay is being ended; try again',
};

export const REVOKED: ProtocolError = {
  code: 'revoked',
  message: 'the token was withdrawn or has expired; ask the operator of the relay for another',
};

export const REPLACED: ProtocolError = {
  code: 'replaced',
  message: 'another agent with this key has taken over',
};

/** What an agent is told when its registration is taken away. */
export const LAST_WORDS: Partial<Record<RegistrationEnding, ProtocolError>> = {
  revoked: REVOKED,
  shutdown: SHUTDOWN,
};
