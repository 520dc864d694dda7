/** What can go wrong for a user of the library or the command line, by code. */
export type RelayErrorCode =
  | 'E_BAD_OPTION'
  | 'E_NOT_RUNNING'
  | 'E_LISTEN'
  | 'E_DATA_PLANE'
  | 'E_TOKENS'
  | 'E_TLS'
  | 'E_STATE'
  | 'E_TAKEOVER'
  | 'E_DIRECTORY'
  | 'E_ACCESS_LOG'
  | 'E_RELAY_UNREACHABLE'
  | 'E_RELAY_LOST'
  | 'E_NOT_A_RELAY'
  | 'E_REFUSED'
  | 'E_BROKER_UNTRUSTED'
  | 'E_TARGET_UNREACHABLE';

/** An error with a code to act on and a message that says what happened and what to do next. */
export class RelayError extends Error {
  override name = 'RelayError';
  readonly code: RelayErrorCode;
  /** The broker's own code where it refused something (`E_REFUSED`), such as `port-taken`. */
  readonly refusal: string | undefined;

  constructor(
    code: RelayErrorCode,
    message: string,
    { refusal, ...options }: ErrorOptions & { refusal?: string } = {},
  ) {
    super(message, options);
    this.code = code;
    this.refusal = refusal;
  }
}

/** A thread has died, and its descriptors with nobody to close them: going on would be half a relay. */
export function dataPlaneFailed(cause: Error): RelayError {
  return new RelayError(
    'E_DATA_PLANE',
    `The data plane failed, and with it the connections it relayed: ${cause.message}. Start this program again, and report this.`,
    { cause },
  );
}

/** A system error in words, for a sentence such as "cannot reach a:1: …". */
export function reasonOf(error: unknown): string {
  const { code, message, reason } = firstOf(error);
  // The message of OpenSSL has names of its functions and lines of its source.
  if (reason !== undefined && /^ERR_O?SSL_/.test(code ?? '')) return reason;
  return (code && SYSTEM_REASONS[code]) ?? message;
}

const SYSTEM_REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'the address is in use already',
  EADDRNOTAVAIL: 'this machine has no such address',
  EAI_AGAIN: 'the name cannot be looked up at the moment',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to the host',
  EMFILE: 'out of file descriptors (see ulimit -n)',
  ENETUNREACH: 'network unreachable',
  ENOENT: 'no such file or socket',
  ENOSPC: 'no space left on the device',
  ENOTFOUND: 'unknown host',
  ETIMEDOUT: 'no answer in time',
};

/** Trying several addresses of a name fails with one error for each: the first tells enough. */
function firstOf(error: unknown): { code?: string; message: string; reason?: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return firstOf(error.errors[0]);
  if (error instanceof Error) return error;
  return { message: String(error) };
}
