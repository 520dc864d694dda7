/** Why a broker refuses or ends something, see docs/protocol.md, "Error codes". */
export const ERROR_CODES = [
  'hello-unknown',
  'hello-timeout',
  'line-too-long',
  'bad-message',
  'word-unknown',
  'out-of-order',
  'version-unknown',
  'tls-required',
  'token-required',
  'token-refused',
  'token-expired',
  'basic-refused',
  'port-taken',
  'port-forbidden',
  'no-port',
  'name-taken',
  'name-forbidden',
  'group-forbidden',
  'too-many',
  'limit-refused',
  'listen-failed',
  'key-shared',
  'replaced',
  'revoked',
  'ended-by-operator',
  'silent',
  'not-reading',
  'elsewhere',
  'directory-away',
  'shutdown',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface ProtocolError<Code extends ErrorCode = ErrorCode> {
  code: Code;
  /** What happened and what to do about it, for people. */
  message: string;
  /** With `elsewhere`: the relay that has what was asked for, `<host>:<control port>`. */
  to?: string | undefined;
}
