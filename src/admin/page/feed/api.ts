import { keptToken } from './token.ts';

/** Beside the page, so that it works below any path that a proxy gives it. */
const BASE = 'api/v1';

/** The broker wants a token, or another one. */
export class TokenNeeded extends Error {}

/** What the broker said no with, in words for the operator. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Asks the broker. Throws {@link TokenNeeded}, {@link Refused}, or what `fetch` throws when it is not there. */
export async function ask(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  { signal, body }: { signal?: AbortSignal; body?: object } = {},
): Promise<Response> {
  const token = keptToken();
  // No header can hold it: fetch would say no more than that of a broker that is away.
  if (token !== null && !/^[\x20-\x7e]*$/.test(token)) throw new TokenNeeded();
  const response = await fetch(`${BASE}/${path}`, {
    method,
    cache: 'no-store',
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  if (response.ok) return response;
  if (response.status === 401) throw new TokenNeeded();
  throw new Refused(response.status, await messageOf(response));
}

async function messageOf(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as { error: { message: string } };
    return error.message;
  } catch {
    return `The broker answered ${response.status} ${response.statusText}.`;
  }
}
