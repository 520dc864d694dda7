import { Server } from 'node:net';
import {
  type DataPlane,
  DialError,
  type DialledPair,
  type DialRequest,
  type Endpoint,
  type PairReport,
  type RelayDial,
} from '../data-plane/data-plane.ts';
import { createPortableDataPlane } from '../data-plane/portable/portable-data-plane.ts';
import { dial } from '../data-plane/portable/sockets.ts';
import { overTls } from '../data-plane/portable/tls.ts';
import { RelayError, reasonOf } from '../errors.ts';
import type { Target } from '../options/agent-options.ts';
import { checkOptions } from '../options/option.ts';
import { relayingOptions } from '../options/relaying-options.ts';
import { dialledPort, formatAddress } from '../options/values.ts';
import { handToServer } from './hand-to-server.ts';
import { nameOf, resolveTarget } from './target.ts';

/** For a registrant of the basic protocol; an agent speaks the extended one by itself. */
export interface DialBackOptions {
  /** The relay: best the address that the control connection is connected to, so nothing else is ever dialled. */
  host: string;
  /** The port of the notification, 1 to 65535. */
  port: number;
  /** Where the client is to end up. */
  target: Target;
  /** Seconds a half-closed connection may stay silent. Default 600. Not used for server objects, which see to their sockets themselves. */
  halfCloseTimeout?: number;
  /** Gives up the dials, or resets the connection, when aborted. */
  signal?: AbortSignal;
}

const dialBackOptions = {
  port: { schema: dialledPort, help: 'The port of the notification' },
  halfCloseTimeout: relayingOptions.halfCloseTimeout,
};

/**
 * Fetches a waiting client: dials the relay's back-connect port and the target
 * and joins the two until both directions have ended. The end of one direction
 * is passed on as just that; a reset is passed on as a reset.
 *
 * @returns the bytes moved each way and how it ended (`'eof'` when all arrived);
 *   a connection that was reset is an outcome, not an error.
 * @throws RelayError `E_TARGET_UNREACHABLE` (the client has been reset),
 *   `E_RELAY_UNREACHABLE` or `E_BAD_OPTION`; the signal's reason when it is
 *   aborted before both are connected.
 * @example
 * ```ts
 * const { bytesToServer, bytesToClient } = await dialBackAndPipe({
 *   host: 'relay.example.net', port: 40123, target: 3000,
 * });
 * ```
 */
export async function dialBackAndPipe(options: DialBackOptions): Promise<PairReport> {
  const { host, target, signal, ...checked } = options;
  const { port, halfCloseTimeout } = checkOptions(dialBackOptions, checked);
  const pair = dialBack(createPortableDataPlane(), {
    relay: { host, port },
    target: resolveTarget(target),
    targetName: nameOf(target),
    halfCloseTimeout: halfCloseTimeout * 1000,
  });
  const cut = () => pair.cut();
  signal?.addEventListener('abort', cut);
  if (signal?.aborted) cut();
  try {
    return await pair.ended;
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', cut);
  }
}

type DialBackRequest = Omit<DialRequest, 'target'> & {
  target: Endpoint | Server;
  /** For messages. */
  targetName: string;
};

/** {@link dialBackAndPipe} for checked options and a data plane that is there already. */
export function dialBack(plane: DataPlane, request: DialBackRequest): DialledPair {
  const { relay, target, preface, targetName } = request;
  const pair =
    target instanceof Server
      ? handToServer(dial(relay, true, overTls(relay.tls)), relay.hello, target, preface)
      : plane.dialPair({ ...request, target });
  return named(pair, relay, targetName);
}

/** A pair that fails with a {@link RelayError}, which says what could not be dialled. */
export function named(pair: DialledPair, relay: RelayDial, targetName: string): DialledPair {
  const ended = pair.ended.catch((error: unknown) => {
    if (!(error instanceof DialError)) throw error;
    throw error.side === 'target'
      ? targetUnreachable(targetName, error.cause)
      : relayUnreachable(relay, error.cause);
  });
  return { dialled: pair.dialled, ended, moved: () => pair.moved(), cut: () => pair.cut() };
}

function targetUnreachable(name: string, cause: unknown): RelayError {
  return new RelayError(
    'E_TARGET_UNREACHABLE',
    `Cannot reach the target at ${name}: ${reasonOf(cause)}. Is the service running there? Its client was reset.`,
    { cause },
  );
}

/** A back-connect that did not come about, or was lost before it had a client. */
export function relayUnreachable({ host, port }: RelayDial, cause: unknown): RelayError {
  const { code } = cause as NodeJS.ErrnoException;
  const hint =
    code === 'ECONNRESET'
      ? 'The client has most likely left already.'
      : 'Does a firewall block that port?';
  return new RelayError(
    'E_RELAY_UNREACHABLE',
    `Cannot dial back to the relay at ${formatAddress(host, port)}: ${reasonOf(cause)}. ${hint}`,
    { cause },
  );
}
