import { Hono } from 'hono';
import type { AgentStatus } from '../agent/status.ts';
import { RelayError } from '../errors.ts';
import { isAlive } from '../http/alive.ts';
import { type HttpApp, type HttpServer, openHttpServer } from '../http/http-server.ts';
import { isOwnHost } from '../http/loopback.ts';
import { AgentMetrics } from '../metrics/agent-metrics.ts';
import { isLoopback, parseListen } from '../options/values.ts';

/** The agents of a process, as those who watch it see them. */
export interface WatchedAgents {
  /** By what each service is called. */
  status(): ReadonlyMap<string, AgentStatus>;
  /** Resolves when the data plane of each has answered. */
  answers(): Promise<void>;
}

/**
 * Where Prometheus and whoever looks after an agent ask how it does. There is nothing to change.
 *
 * @param listen - a port of this machine, or `<host>:<port>`
 * @param version - of this program
 * @throws RelayError `E_LISTEN`
 */
export async function openMetricsListener(
  agents: WatchedAgents,
  listen: number | string,
  version: string,
): Promise<HttpServer> {
  const place = parseListen(listen);
  if (place === undefined) throw new RelayError('E_BAD_OPTION', 'metrics: expected <host>:<port>');
  const metrics = new AgentMetrics(() => agents.status(), version);
  try {
    const guard = { isOurs: (_host: string | undefined) => false };
    const app = createApp(agents, metrics, (host) => guard.isOurs(host));
    const { at, close } = await openHttpServer(app, { ...place, option: '--metrics' });
    if (!isLoopback(at.host)) guard.isOurs = () => true;
    else guard.isOurs = (host) => isOwnHost(host, place.host);
    return { at, close: () => close().finally(() => metrics.close()) };
  } catch (error) {
    metrics.close();
    throw error;
  }
}

/** @param isOurs - whether a request for this host is for us, and not for a page of a stranger */
function createApp(
  agents: WatchedAgents,
  metrics: AgentMetrics,
  isOurs: (host: string | undefined) => boolean,
): HttpApp {
  const app: HttpApp = new Hono();
  app.use(async (c, next) => {
    if (!isOurs(c.req.header('host'))) return c.text('This is for localhost only.\n', 403);
    await next();
    c.header('cache-control', 'no-store');
    c.header('x-content-type-options', 'nosniff');
  });
  app.get('/metrics', async (c) =>
    c.body(await metrics.scrape(), 200, { 'content-type': metrics.contentType }),
  );
  app.get('/healthz', async (c) =>
    (await isAlive(agents)) ? c.text('ok\n') : c.text('the data plane does not answer\n', 503),
  );
  app.get('/readyz', (c) => {
    const unready = [...agents.status()].filter(([, { state }]) => state !== 'live');
    if (unready.length === 0) return c.text('ready\n');
    return c.text(
      unready.map(([service, status]) => `${service}: ${reasonOf(status)}\n`).join(''),
      503,
    );
  });
  return app;
}

function reasonOf({ state, down, retry }: AgentStatus): string {
  if (state === 'down') return `down (${down})`;
  return state === 'retrying' && retry !== undefined ? retry.error.message : state;
}
