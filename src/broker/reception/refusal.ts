import type { ClaimRefusal } from '../../directory/directory.ts';
import type { ProtocolError } from '../../protocol/error-codes.ts';
import type { RegistrationRefusal } from '../events.ts';
import { DIRECTORY_AWAY, ELSEWHERE, REVOKED, SHUTDOWN } from '../last-words.ts';

/** Why a connection to the control port is sent away. */
export interface Refusal {
  cause: RegistrationRefusal;
  /** For the log: what was sent, or what the system said. */
  detail?: string | undefined;
  /** What the peer is told, if it is told anything. */
  error?: ProtocolError | undefined;
}

const LISTEN_FAILED: ProtocolError = {
  code: 'listen-failed',
  message: 'the relay cannot open its listeners; try again, or tell its operator',
};

const TOO_MANY: ProtocolError = {
  code: 'too-many',
  message: 'too many registrations are here, of this token or in all; try again later',
};

/** What an agent is told where a registrant of the basic protocol is told nothing. */
const ERRORS: Partial<Record<RegistrationRefusal, ProtocolError>> = {
  full: TOO_MANY,
  'token-full': TOO_MANY,
  descriptors: LISTEN_FAILED,
  listen: LISTEN_FAILED,
  'no-port': { code: 'no-port', message: 'no client port is free; try again later' },
  'port-taken': {
    code: 'port-taken',
    message: 'somebody has this port, or all of the range; try again, or ask for another',
  },
  'port-forbidden': {
    code: 'port-forbidden',
    message: 'the relay does not give out this port; ask for another',
  },
  'name-taken': {
    code: 'name-taken',
    message: 'somebody has this name; try again, or ask for another',
  },
  'name-forbidden': {
    code: 'name-forbidden',
    message: 'the token does not entitle to this name; ask for another',
  },
  'group-forbidden': {
    code: 'group-forbidden',
    message: 'it takes a token that entitles to it to share a name or a port',
  },
  'key-shared': {
    code: 'key-shared',
    message: 'another agent with this key is here; give each a state file of its own',
  },
  'directory-away': DIRECTORY_AWAY,
  revoked: REVOKED,
  shutdown: SHUTDOWN,
};

/** The refusal of an agent, which is told why. */
export function explained(refusal: Refusal): Refusal {
  return { error: ERRORS[refusal.cause], ...refusal };
}

/** The refusal of what a line says. What is known to those who read the log need not be said there again. */
export function refusalOf(error: ProtocolError, line: string): Refusal {
  switch (error.code) {
    case 'hello-unknown':
      return { cause: error.code, detail: line, error };
    case 'bad-message':
    case 'out-of-order':
      return { cause: error.code, detail: error.message, error };
    default:
      return { cause: error.code, error };
  }
}

/** For an agent whose registration another member of the fleet has. */
export function elsewhere(to: string): Refusal {
  return { cause: 'elsewhere', detail: to, error: { ...ELSEWHERE, to } };
}

/** For an agent that does not get what it had, as far as the directory knows. */
export function refusalOfClaim(claim: ClaimRefusal): Refusal {
  switch (claim.refused) {
    case 'taken':
      return elsewhere(claim.by.member.name);
    case 'unreachable':
      return { cause: 'directory-away' };
    case 'closed':
      return { cause: 'shutdown' };
  }
}
