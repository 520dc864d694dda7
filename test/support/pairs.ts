import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { SecureVersion, TlsOptions } from 'node:tls';
import type { PairReport, TlsSource } from '#src/data-plane/data-plane.ts';
import { Pair, type PairOptions } from '#src/data-plane/portable/pair.ts';
import { listen } from '#src/data-plane/portable/sockets.ts';
import { secure } from '#src/data-plane/portable/tls.ts';
import { transportOf } from '#src/data-plane/portable/transport.ts';
import { connectTo } from './tcp.ts';
import { connectSecurely, connectTapped, SERVER, type TappedClient } from './tls.ts';

/** How a side of a pair is connected. */
export type Side = 'plain' | SecureVersion;

/** Each kind of socket on each side. */
export const SIDES: { client: Side; server: Side }[] = [
  { client: 'plain', server: 'plain' },
  { client: 'TLSv1.3', server: 'plain' },
  { client: 'plain', server: 'TLSv1.2' },
];

/** Bytes per second that hold nobody up. */
export const MUCH = Number.MAX_SAFE_INTEGER;

/** Certificate and options of a listener, the same for each of its connections. */
export function source(options: TlsOptions = {}): TlsSource {
  const all = { ...SERVER, ...options };
  return () => all;
}

/** A port for one connection, which is encrypted if the side is. */
export async function acceptOne(
  t: TestContext,
  side: Side,
): Promise<{ port: number; accepted: Promise<Socket> }> {
  let accept: (socket: Socket) => void = () => {};
  const accepted = new Promise<Socket>((resolve) => {
    accept = resolve;
  });
  const listener = await listen({ host: '127.0.0.1', port: 0 }, accept);
  t.after(() => listener.close());
  const ready = accepted.then<Socket>((socket) => {
    listener.close();
    t.after(() => socket.destroy());
    return side === 'plain' ? socket : secure(socket, source({ maxVersion: side }));
  });
  return { port: listener.port, accepted: ready };
}

export interface Joined {
  pair: Pair;
  ended: Promise<PairReport>;
}

/** Joins two accepted sockets. */
export function join(
  client: Socket,
  server: Socket,
  options: Partial<Omit<PairOptions, 'client' | 'server' | 'onEnd'>> = {},
): Joined {
  let onEnd: PairOptions['onEnd'] = () => {};
  const ended = new Promise<PairReport>((resolve) => {
    onEnd = resolve;
  });
  return { pair: new Pair({ halfCloseTimeout: 30_000, ...options, client, server, onEnd }), ended };
}

/** The far ends of a pair, connected as told. */
export async function openPair(
  t: TestContext,
  sides: { client: Side; server: Side },
  options: Parameters<typeof join>[2] = {},
): Promise<Joined & { client: Socket; server: Socket }> {
  const [client, server] = await Promise.all([
    connectAs(t, sides.client),
    connectAs(t, sides.server),
  ]);
  return { client: client.peer, server: server.peer, ...join(client.own, server.own, options) };
}

/** A client that sends its encrypted bytes itself, paired with a plain server. */
export async function openTapped(
  t: TestContext,
  maxVersion: SecureVersion,
): Promise<Joined & { client: TappedClient; server: Socket }> {
  const { port, accepted } = await acceptOne(t, maxVersion);
  const client = await connectTapped(t, port);
  const server = await connectAs(t, 'plain');
  client.secured.resume();
  client.hold();
  return { client, server: server.peer, ...join(await accepted, server.own) };
}

/** A connection: the far end, what carries that, and this end of it. */
export async function connectAs(
  t: TestContext,
  side: Side,
): Promise<{ peer: Socket; tcp: Socket; own: Socket }> {
  const { port, accepted } = await acceptOne(t, side);
  const peer = side === 'plain' ? connectTo(t, port) : connectSecurely(t, port);
  const [own, socket] = await Promise.all([accepted, peer]);
  return { peer: socket, tcp: transportOf(socket), own };
}

/** What a pair moved and how it ended, where either side may have been the first to end. */
export function traffic({ firstEnd: _, ...report }: PairReport): Omit<PairReport, 'firstEnd'> {
  return report;
}
