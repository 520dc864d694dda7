import type { ProtocolError } from '../protocol/error-codes.ts';

/** What agents are told that lose what they have, or do not get it any more. */

export const SHUTDOWN: ProtocolError = {
  code: 'shutdown',
  message: 'the relay is being ended; try again',
};

export const REVOKED: ProtocolError = {
  code: 'revoked',
  message: 'the token was withdrawn or has expired; ask the operator of the relay for another',
};
