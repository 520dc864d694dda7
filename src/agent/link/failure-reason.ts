import type { FailureReason } from '../../protocol/extended.ts';

const REASONS: Record<string, FailureReason> = {
  ECONNREFUSED: 'refused',
  // Of a unix socket.
  ENOENT: 'refused',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOTFOUND: 'unknown-host',
  EAI_AGAIN: 'unknown-host',
};

/** A system error in the words of `[FAILED]`. */
export function failureReason(error: unknown): FailureReason {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  return REASONS[(first as NodeJS.ErrnoException | undefined)?.code ?? ''] ?? 'other';
}
