import * as v from 'valibot';
import { RelayError, reasonOf } from '../../errors.ts';
import { parseAdminUrl } from '../../options/admin-client-options.ts';
import * as answers from '../api/answers.ts';
import { parseToken, readTokenFile } from '../guard/token.ts';

/** Milliseconds that the broker gets to answer. */
const PATIENCE = 10_000;

/** Octets of an answer: more than 100,000 connections have. */
const LONGEST = 64 * 1024 * 1024;

type Method = 'GET' | 'POST' | 'DELETE';

/** Talks to a running broker, by its admin listener. All of it rejects with a RelayError. */
export class AdminClient {
  readonly #url: URL;
  readonly #token: string | undefined;

  private constructor(url: URL, token: string | undefined) {
    this.#url = url;
    this.#token = token;
  }

  /** Rejects with `E_BAD_OPTION`. */
  static async open(settings: {
    admin: string;
    adminTokenFile?: string | undefined;
  }): Promise<AdminClient> {
    const url = parseAdminUrl(settings.admin);
    if (url === undefined) throw new RelayError('E_BAD_OPTION', 'admin: expected a URL');
    const file = settings.adminTokenFile;
    if (file === undefined) return new AdminClient(url, undefined);
    const { contents } = await readTokenFile(file);
    return new AdminClient(url, parseToken(file, String(contents)));
  }

  status(): Promise<answers.StatusAnswer> {
    return this.#ask('GET', 'status', answers.status);
  }

  fleet(): Promise<answers.FleetAnswer> {
    return this.#ask('GET', 'fleet', answers.fleet);
  }

  /** @param after - the name that the list begins behind */
  fleetNames(limit: number, after = ''): Promise<answers.FleetNamesAnswer> {
    const query = new URLSearchParams({ limit: String(limit), after });
    return this.#ask('GET', `fleet/names?${query}`, answers.fleetNames);
  }

  registrations(): Promise<answers.RegistrationAnswer[]> {
    return this.#ask('GET', 'registrations', answers.registrations);
  }

  connections(registration: number): Promise<answers.ConnectionAnswer[]> {
    return this.#ask('GET', `registrations/${registration}/connections`, answers.connections);
  }

  forwarded(): Promise<answers.ForwardedConnectionsAnswer> {
    return this.#ask('GET', 'fleet/connections', answers.forwardedConnections);
  }

  async endForwarded(connection: string): Promise<void> {
    await this.#fetch('DELETE', `fleet/connections/${connection}`);
  }

  async endRegistration(registration: string): Promise<void> {
    await this.#fetch('DELETE', `registrations/${registration}`);
  }

  async endConnection(registration: string, connection: string): Promise<void> {
    await this.#fetch('DELETE', `registrations/${registration}/connections/${connection}`);
  }

  /** @param deadline - seconds; the broker's own when undefined */
  drain(deadline: number | undefined): Promise<v.InferOutput<typeof answers.draining>> {
    return this.#ask('POST', 'drain', answers.draining, { deadline });
  }

  async #ask<S extends v.GenericSchema>(
    method: Method,
    path: string,
    schema: S,
    body?: object,
  ): Promise<v.InferOutput<S>> {
    const answer = v.safeParse(schema, jsonIn(await this.#fetch(method, path, body)));
    if (answer.success) return answer.output;
    throw this.#notOurs();
  }

  async #fetch(method: Method, path: string, body?: object): Promise<string> {
    const { status, text } = await this.#send(method, path, body);
    if (status < 300) return text;
    const failure = v.safeParse(answers.failure, jsonIn(text));
    if (!failure.success) throw this.#notOurs();
    const { code, message } = failure.output.error;
    throw new RelayError('E_REFUSED', this.#inWords(code, message), { refusal: code });
  }

  async #send(
    method: Method,
    path: string,
    body: object | undefined,
  ): Promise<{ status: number; text: string }> {
    try {
      const response = await fetch(new URL(`api/v1/${path}`, this.#url), {
        method,
        headers: {
          ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        // Nobody else is to get the token.
        redirect: 'error',
        signal: AbortSignal.timeout(PATIENCE),
      });
      return { status: response.status, text: await textOf(response) };
    } catch (error) {
      // What fetch says itself is that it failed.
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      throw new RelayError(
        'E_RELAY_UNREACHABLE',
        `Cannot reach a broker at ${this.#url}: ${reasonOf(cause)}. Is it started with --admin, and is that its address?`,
        { cause },
      );
    }
  }

  #inWords(code: string, message: string): string {
    if (code === 'no-token') return `${this.#url} takes a token. Give it with --admin-token-file.`;
    if (code === 'wrong-token')
      return `What is in --admin-token-file is not the token of ${this.#url}.`;
    return message;
  }

  #notOurs(): RelayError {
    return new RelayError(
      'E_NOT_A_RELAY',
      `What answers at ${this.#url} is not the admin listener of a relay-broker, or that of another version. Check --admin.`,
    );
  }
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > LONGEST) throw new Error('its answer has no end');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Undefined for what is not JSON, which no schema takes. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
