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

export const KICKED: ProtocolError = {
  code: 'ended-by-operator',
  message: 'the operator of the relay has ended this registration',
};

export const REPLACED: ProtocolError = {
  code: 'replaced',
  message: 'another agent with this key has taken over',
};

/** Goes with where it is to go, see {@link ProtocolError.to}. */
export const ELSEWHERE: ProtocolError = {
  code: 'elsewhere',
  message: 'another relay of the fleet goes on with this registration; register there',
};

export const DIRECTORY_AWAY: ProtocolError = {
  code: 'directory-away',
  message: 'this relay cannot reach the directory of its fleet; try another relay, or again',
};

/** What an agent is told when its registration is taken away. */
export const LAST_WORDS: Partial<Record<RegistrationEnding, ProtocolError>> = {
  revoked: REVOKED,
  kicked: KICKED,
  shutdown: SHUTDOWN,
  moved: SHUTDOWN,
  'claim-lost': ELSEWHERE,
  'directory-away': DIRECTORY_AWAY,
};
