import type { FailureAnswer } from './answers.ts';

/** Why there is no other answer: a code for programs, and what to do for people. */
export function failure(code: string, message: string): FailureAnswer {
  return { error: { code, message } };
}
