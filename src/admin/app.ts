import { performance } from 'node:perf_hooks';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { plainAddress } from '../data-plane/address.ts';
import type { HttpApp } from '../http/http-server.ts';
import type { BrokerMetrics } from '../metrics/broker-metrics.ts';
import { createApi } from './api/api.ts';
import { failure } from './api/failure.ts';
import type { Site } from './api/operation.ts';
import type { EventStreams } from './event-streams.ts';
import { type Guard, type GuardCause, SAFE } from './guard/guard.ts';
import type { PageFile } from './page-files.ts';

export interface AppParts {
  site: Site;
  guard: Guard;
  streams: EventStreams;
  metrics: BrokerMetrics;
  /** Gives the description of the API. */
  describe(): Promise<object>;
  page: ReadonlyMap<string, PageFile>;
  /** Whether all that the process consists of still answers. */
  isAlive(): Promise<boolean>;
  /** Why the broker is not to be sent anybody, or nothing. */
  unready(): string | undefined;
  refused(address: string, cause: GuardCause): void;
  acted(address: string, what: string): void;
  failed(error: unknown): void;
}

/** For whatever is answered. The page loads nothing from elsewhere, and nothing can be made of it elsewhere. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
};

const API = '/api/v1';

/** Registrations whose connections one stream tells of. */
const MOST_FOLLOWED = 8;

type Env = { Bindings: HttpBindings };

/** What is served where, and to whom. */
export function createApp(parts: AppParts): HttpApp {
  const app: HttpApp = new Hono();
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
  });
  app.onError((error, c) => {
    parts.failed(error);
    return c.json(failure('failed', 'This failed, see the log of the broker.'), 500);
  });
  app.notFound((c) => c.json(failure('not-found', 'There is nothing here.'), 404));

  app.get('/healthz', async (c) =>
    (await parts.isAlive()) ? c.text('ok\n') : c.text('the data plane does not answer\n', 503),
  );
  app.get('/readyz', (c) => {
    const reason = parts.unready();
    return reason === undefined ? c.text('ready\n') : c.text(`${reason}\n`, 503);
  });

  const guard = guarded(parts);
  app.get('/metrics', guard, async (c) => {
    const figures = await parts.metrics.scrape();
    return c.body(figures, 200, { 'content-type': parts.metrics.contentType });
  });
  app.use(`${API}/*`, guard);
  app.get(`${API}/openapi.json`, async (c) => c.json(await parts.describe()));
  app.get(`${API}/events`, (c) => follow(c, parts.streams));
  app.route(API, createApi(parts.site));

  app.get('/:file?', (c) => {
    const file = parts.page.get(c.req.param('file') ?? 'index.html');
    return file === undefined
      ? c.notFound()
      : c.body(file.contents, 200, { 'content-type': file.type });
  });
  return app;
}

/** Lets nobody by whom the guard turns away, and says what the others have changed. */
function guarded({ guard, refused, acted }: AppParts): MiddlewareHandler<Env> {
  return async (c, next) => {
    const { method } = c.req;
    const address = plainAddress(c.env.incoming.socket.remoteAddress ?? '');
    const caller = { method, address, header: (name: string) => c.req.header(name) };
    const refusal = guard.refuse(caller, performance.now());
    if (refusal === undefined) {
      await next();
      if (!SAFE.includes(method) && c.res.ok) acted(address, `${method} ${c.req.path}`);
      return;
    }
    const { status, cause, message } = refusal;
    refused(address, cause);
    if (status === 401) c.header('www-authenticate', 'Bearer realm="relay-broker"');
    if (status === 429) c.header('retry-after', '1');
    return c.json(failure(cause, message), status);
  };
}

/** Answers with a stream of events, which goes on until somebody ends it. */
function follow(c: Context<Env>, streams: EventStreams): Response {
  const followed = (c.req.queries('connections') ?? []).flatMap((list) => list.split(','));
  if (followed.length > MOST_FOLLOWED || !followed.every((id) => /^\d{1,15}$/.test(id))) {
    const message = `connections: expected at most ${MOST_FOLLOWED} ids of registrations, with commas`;
    return c.json(failure('query', message), 400);
  }
  if (streams.isFull) {
    const message =
      'Too many follow the events already. Close one of the pages or programs that do.';
    return c.json(failure('too-many', message), 503);
  }
  if (c.req.method === 'HEAD') return c.body(null, 200, STREAM);
  // By hand, to see what lies unread: whoever does not read must not cost memory.
  c.env.outgoing.writeHead(200, { ...HEADERS, ...STREAM });
  streams.open(c.env.outgoing, followed.map(Number));
  return RESPONSE_ALREADY_SENT;
}

/** Proxies are to pass it on as it comes. */
const STREAM = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' };
