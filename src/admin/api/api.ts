import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import * as v from 'valibot';
import type { HttpApp } from '../../http/http-server.ts';
import { failure } from './failure.ts';
import { numbersOf, type Operation, type Site } from './operation.ts';
import { operations } from './operations.ts';

/** Octets of a body: the longest that means something has a few dozen. */
const MOST_BODY = 1024;

/** The operations as routes. */
export function createApi(site: Site): HttpApp {
  const app: HttpApp = new Hono();
  for (const operation of operations) {
    const path = operation.path.replace(/\{(\w+)\}/g, ':$1{[0-9]+}');
    app.on(operation.method.toUpperCase(), path, (c) => perform(operation, site, c));
  }
  return app;
}

async function perform(
  operation: Operation,
  site: Site,
  c: Context<{ Bindings: HttpBindings }>,
): Promise<Response> {
  const { body, query, success, missing = '', run } = operation;
  const numbers = numbersOf(operation).map((name) => Number(c.req.param(name)));
  if (isTooLong(c)) {
    return c.json(
      failure('body', `A body has at most ${MOST_BODY} octets, and says how many.`),
      413,
    );
  }
  const given =
    (body && v.safeParse(body, jsonIn(await bodyOf(c)))) ??
    (query && v.safeParse(query, c.req.query()));
  if (given && !given.success) {
    const [{ message, path: at }] = given.issues;
    const where = at === undefined ? '' : `${v.getDotPath(given.issues[0])}: `;
    const what = body ? 'body' : 'query';
    return c.json(failure(what, `The ${what} is not as it should be: ${where}${message}`), 400);
  }
  const answer = await run(site, numbers, given?.output);
  if (answer === undefined || answer === false) {
    return c.json(failure('not-found', `${missing}.`), 404);
  }
  return success.status === 204
    ? c.body(null, success.status)
    : c.json(answer as object, success.status);
}

/** What says how long it is cannot be longer. */
function isTooLong({ req }: Context): boolean {
  const isChunked = req.header('transfer-encoding') !== undefined;
  return isChunked || Number(req.header('content-length') ?? 0) > MOST_BODY;
}

/** Undefined for one that did not come to its end. */
function bodyOf({ req }: Context): Promise<string | undefined> {
  return req.text().catch(() => undefined);
}

/** None is as good as an empty object. What is not JSON is left for the schema to refuse. */
function jsonIn(text: string | undefined): unknown {
  if (text === '') return {};
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
