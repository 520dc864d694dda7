import { isOwnHost } from '../../http/loopback.ts';
import { sameProof } from '../../protocol/proof.ts';
import { Attempts } from './attempts.ts';
import { isForeign } from './origin.ts';

/** What is known of a request before it is looked at. */
export interface Caller {
  method: string;
  /** In its plain form. */
  address: string;
  header(name: string): string | undefined;
}

/** Why a request is turned away. `wrong-token`, `barred` and `foreign` are worth a line in the log. */
export type GuardCause =
  | 'no-token'
  | 'wrong-token'
  | 'barred'
  | 'read-only'
  | 'foreign'
  | 'host'
  | 'media-type';

export interface Refusal {
  status: 401 | 403 | 415 | 429;
  cause: GuardCause;
  message: string;
}

/** Methods that change nothing. */
export const SAFE = ['GET', 'HEAD'];

/** Who may look, and who may change something. */
export class Guard {
  readonly #token: () => string | undefined;
  readonly #host: string;
  readonly #attempts = new Attempts();

  /**
   * @param token - asked for each request, since it can be replaced; without one, this machine may look
   * @param host - what the operator calls the listener's address
   */
  constructor(token: () => string | undefined, host: string) {
    this.#token = token;
    this.#host = host;
  }

  /** Why a request is turned away, or nothing. */
  refuse(caller: Caller, now: number): Refusal | undefined {
    if (isForeign(caller.header)) {
      return refusal(403, 'foreign', 'This request was sent by a page of another origin.');
    }
    const token = this.#token();
    const refused =
      token === undefined ? this.#refuseOpen(caller) : this.#refuseWithout(token, caller, now);
    return refused ?? refuseBody(caller);
  }

  #refuseOpen({ method, header }: Caller): Refusal | undefined {
    if (!isOwnHost(header('host'), this.#host)) {
      const message = 'Without a token this is for localhost only. Give --admin-token-file.';
      return refusal(403, 'host', message);
    }
    if (SAFE.includes(method)) return undefined;
    const message =
      'Nothing can be changed here without a token. Start the broker with --admin-token-file <file>.';
    return refusal(403, 'read-only', message);
  }

  #refuseWithout(token: string, { address, header }: Caller, now: number): Refusal | undefined {
    if (this.#attempts.isBarred(address, now)) {
      return refusal(429, 'barred', 'Too many wrong tokens came from your address. Wait a second.');
    }
    const [, shown] = /^Bearer +(\S+) *$/i.exec(header('authorization') ?? '') ?? [];
    if (shown === undefined) {
      const message =
        'This takes the token of the broker\'s --admin-token-file, as "Authorization: Bearer <token>".';
      return refusal(401, 'no-token', message);
    }
    if (sameProof(shown, token)) return undefined;
    this.#attempts.failed(address, now);
    return refusal(401, 'wrong-token', 'This is not the token of the broker.');
  }
}

/** JSON only: forms of other sites can send everything else without asking. */
function refuseBody({ method, header }: Caller): Refusal | undefined {
  const isEmpty =
    (header('content-length') ?? '0') === '0' && header('transfer-encoding') === undefined;
  const type = header('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (SAFE.includes(method) || isEmpty || type === 'application/json') return undefined;
  return refusal(415, 'media-type', 'Send the body as application/json.');
}

function refusal(status: Refusal['status'], cause: GuardCause, message: string): Refusal {
  return { status, cause, message };
}
