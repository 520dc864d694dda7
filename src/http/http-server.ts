import { once } from 'node:events';
import type { Server } from 'node:http';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import { DescriptorBudget } from '../data-plane/descriptor-budget.ts';
import { RelayError, reasonOf } from '../errors.ts';
import { formatAddress } from '../options/values.ts';

/** What strangers are held to. */
const LIMITS = {
  /** Connections at one time. Their descriptors are set aside, so that a broker that has none left can still be looked at. */
  connections: 64,
  /** Octets of a request's first line and headers. */
  headSize: 8 * 1024,
  /** Milliseconds that the head of a request may take, and the whole of it. */
  head: 5_000,
  request: 10_000,
  /** Milliseconds between two looks at these. */
  look: 1_000,
  /** Milliseconds that a connection may stay silent between two requests, and in one. */
  between: 5_000,
  silent: 30_000,
};

/** Milliseconds that answers get to be read when the listener closes. */
const LAST_ANSWERS = 1_000;

export type HttpApp = Hono<{ Bindings: HttpBindings }>;

export interface HttpServer {
  at: { host: string; port: number };
  close(): Promise<void>;
}

/** Where to listen, and which option said so. */
export interface HttpPlace {
  host: string;
  port: number;
  option: string;
}

/** Serves on an address. Rejects with `E_LISTEN`. */
export async function openHttpServer(
  app: HttpApp,
  at: HttpPlace,
  { limits = LIMITS, budget = DescriptorBudget.ofProcess() } = {},
): Promise<HttpServer> {
  const server = createAdaptorServer({
    fetch: app.fetch,
    // Whoever speaks HTTP/1.0 may leave out the host, as health checks of HAProxy do.
    hostname: 'localhost',
    // A program that uses this library keeps its own.
    overrideGlobalObjects: false,
    serverOptions: {
      maxHeaderSize: limits.headSize,
      headersTimeout: limits.head,
      requestTimeout: limits.request,
      keepAliveTimeout: limits.between,
      connectionsCheckingInterval: limits.look,
    },
  }) as Server;
  server.maxConnections = limits.connections;
  server.setTimeout(limits.silent);
  if (!budget.take(limits.connections)) {
    throw cannotListen(at, `${limits.connections} file descriptors are not to be had`);
  }
  try {
    server.listen({ host: at.host, port: at.port });
    await once(server, 'listening');
  } catch (error) {
    budget.give(limits.connections);
    throw cannotListen(at, reasonOf(error), error);
  }
  server.on('error', () => {});
  return {
    at: boundTo(server),
    close: () => close(server).finally(() => budget.give(limits.connections)),
  };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const deadline = setTimeout(() => server.closeAllConnections(), LAST_ANSWERS);
  await closed;
  clearTimeout(deadline);
}

function boundTo(server: Server): HttpServer['at'] {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('not a TCP listener');
  return { host: bound.address, port: bound.port };
}

function cannotListen(
  { host, port, option }: HttpPlace,
  reason: string,
  cause?: unknown,
): RelayError {
  return new RelayError(
    'E_LISTEN',
    `Cannot listen on ${formatAddress(host, port)}: ${reason}. Choose another port for ${option} (0: the system picks), or raise the limit (ulimit -n).`,
    { cause },
  );
}
