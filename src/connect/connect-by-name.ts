import type { Socket } from 'node:net';
import { failure } from '../data-plane/failure.ts';
import { readFirstLine } from '../data-plane/portable/first-line.ts';
import { dial } from '../data-plane/portable/sockets.ts';
import { RelayError, reasonOf } from '../errors.ts';
import { parseAddress } from '../options/values.ts';
import {
  ABSENCES,
  type Absence,
  CLIENT_GREETING,
  CONNECTED,
  withoutReturn,
} from '../protocol/names.ts';
import { printable } from '../protocol/printable.ts';
import { PATIENCE } from '../relay-list.ts';
import { parseService, type Service } from './service.ts';

/** Milliseconds for a relay to greet. */
const GREETING_DEADLINE = 5000;

/** Milliseconds for its answer, while it may have to fetch a connection of the service: longer than relays wait for that. */
const ANSWER_DEADLINE = 30_000;

export interface ConnectByNameOptions {
  /** What the service is called: 1 to 255 octets of UTF-8 without control characters. */
  name: string;
  /** The client port of the relay's names door, `<host>:<port>`; of a fleet, several with commas. */
  via: string;
  /** Gives it up, as long as it is not connected yet. */
  signal?: AbortSignal;
}

/**
 * Connects to a service that a relay knows by name (`relay-broker --names`).
 *
 * @returns the connection, from the first byte on that the service sends. It keeps its two
 *   directions apart (`allowHalfOpen`): the end of one is passed on as just that, so end yours, too.
 * @throws RelayError `E_REFUSED` when the relay has no such service (`refusal` is `NOEXIST`) or the
 *   service is away (`OFFLINE`); `E_RELAY_UNREACHABLE`; `E_NOT_A_RELAY`; `E_RELAY_LOST` when there is no
 *   answer in 30 seconds; `E_BAD_OPTION`; the signal's reason when it is aborted before.
 * @example
 * ```ts
 * const socket = await connectByName({ name: 'blog', via: 'relay.example.net:9010' });
 * ```
 */
export async function connectByName(options: ConnectByNameOptions): Promise<Socket> {
  const { signal, ...service } = options;
  return connectTo(parseService(service), signal);
}

/** {@link connectByName} for options that are checked. */
export async function connectTo({ name, relays }: Service, signal?: AbortSignal): Promise<Socket> {
  for (let others = relays.size - 1; ; others -= 1) {
    const via = relays.current;
    try {
      return await connectVia({ name, via }, others > 0 ? PATIENCE : undefined, signal);
    } catch (error) {
      if (others === 0 || !isAway(error)) throw error;
      relays.leave(via);
    }
  }
}

/** Whether there is no relay with which something could have been begun. */
function isAway(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'E_RELAY_UNREACHABLE' || code === 'E_NOT_A_RELAY';
}

/** A service, and one of its relays. */
interface Way {
  name: string;
  via: string;
}

async function connectVia(
  service: Way,
  patience: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const relay = parseAddress(service.via);
  if (relay === undefined) throw new RelayError('E_BAD_OPTION', `${service.via} is no relay`);
  const { connected, abort } = dial(relay, true, undefined, patience);
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  try {
    const socket = await connected.catch((cause: unknown) => {
      throw unreachable(service, cause);
    });
    await ask(socket, service, patience);
    return socket;
  } catch (error) {
    abort();
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** Resolves when the relay has joined the connection with the service. */
async function ask(socket: Socket, service: Way, patience = GREETING_DEADLINE): Promise<void> {
  const greeting = await readLine(socket, patience).catch((cause: unknown) => {
    throw noRelay(service, reasonOf(cause), cause);
  });
  if (greeting !== CLIENT_GREETING) throw noRelay(service, `it says ${printable(greeting)}`);
  socket.write(`${service.name}\n`);
  const answer = await readLine(socket, ANSWER_DEADLINE).catch((cause: unknown) => {
    throw unanswered(service, cause);
  });
  const absence = ABSENCES.find((each) => each === answer);
  if (absence !== undefined) throw refused(service, absence);
  if (answer !== CONNECTED) throw noRelay(service, `it answers ${printable(answer)}`);
}

async function readLine(socket: Socket, patience: number): Promise<string> {
  const timer = setTimeout(
    () => socket.destroy(failure('ETIMEDOUT', 'no answer in time')),
    patience,
  );
  try {
    return withoutReturn(await readFirstLine(socket));
  } finally {
    clearTimeout(timer);
  }
}

function refused({ name, via }: Way, refusal: Absence): RelayError {
  const messages = {
    NOEXIST: `The relay at ${via} knows no service ${printable(name)}. Compare the name with what the service is called, letter by letter.`,
    OFFLINE: `The service ${printable(name)} is not connected to the relay at ${via} at the moment. Try again, or see whether its server runs.`,
  };
  return new RelayError('E_REFUSED', messages[refusal], { refusal });
}

function unreachable({ via }: Way, cause: unknown): RelayError {
  return new RelayError(
    'E_RELAY_UNREACHABLE',
    `Cannot reach the relay at ${via}: ${reasonOf(cause)}. Check host and port, and whether a firewall is between.`,
    { cause },
  );
}

function noRelay({ via }: Way, reason: string, cause?: unknown): RelayError {
  return new RelayError(
    'E_NOT_A_RELAY',
    `Nobody finds services by name at ${via}: ${reason}. Check host and port: it takes the client port of the relay's --names.`,
    { cause },
  );
}

function unanswered({ name, via }: Way, cause: unknown): RelayError {
  return new RelayError(
    'E_RELAY_LOST',
    `The relay at ${via} did not join us with ${printable(name)}: ${reasonOf(cause)}. Try again.`,
    { cause },
  );
}
