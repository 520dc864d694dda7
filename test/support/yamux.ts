import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { YamuxSession } from '#src/yamux/session.ts';
import type { YamuxStream } from '#src/yamux/stream.ts';
import { connectTo } from './tcp.ts';

type Settings = ConstructorParameters<typeof YamuxSession>[1];

/** A session under test and what it told. */
export interface Station {
  session: YamuxSession;
  transport: Socket;
  /** Of the peer, oldest first. */
  streams: YamuxStream[];
  /** The `nth` stream of the peer, as soon as it is there. */
  stream(nth?: number): Promise<YamuxStream>;
  declined: Promise<void>;
  /** How it ended. */
  over: Promise<{ ending: string; detail: string }>;
}

export function sessionOn(transport: Socket, settings: Partial<Settings> = {}): Station {
  const streams: YamuxStream[] = [];
  const waiting: { nth: number; resolve: (stream: YamuxStream) => void }[] = [];
  let decline = () => {};
  let end: (how: { ending: string; detail: string }) => void = () => {};
  const declined = new Promise<void>((resolve) => {
    decline = resolve;
  });
  const over = new Promise<{ ending: string; detail: string }>((resolve) => {
    end = resolve;
  });
  const all: Settings = {
    role: 'server',
    mostOfPeer: 2000,
    keepAlive: { interval: 60_000, deadline: 60_000 },
    openDeadline: 60_000,
    ...settings,
  };
  const session = new YamuxSession(transport, all, {
    opened(stream) {
      streams.push(stream);
      for (const { nth, resolve } of waiting) if (nth === streams.length) resolve(stream);
    },
    declined: () => decline(),
    over: (ending, detail) => end({ ending, detail }),
  });
  const stream = (nth = 1) => {
    const found = streams[nth - 1];
    if (found !== undefined) return Promise.resolve(found);
    return new Promise<YamuxStream>((resolve) => waiting.push({ nth, resolve }));
  };
  return { session, transport, streams, stream, declined, over };
}

/** The two ends of a connection: one accepted and paused, one for whoever is to be its peer. */
export async function connection(t: TestContext): Promise<{ accepted: Socket; dialled: Socket }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP listener');
  const connected = once(server, 'connection');
  const dialled = await connectTo(t, address.port);
  const [accepted]: Socket[] = await connected;
  server.close();
  if (accepted === undefined) throw new Error('nobody came');
  accepted.on('error', () => {});
  t.after(() => accepted.destroy());
  return { accepted, dialled };
}

/** Two sessions with each other. */
export async function sessionPair(
  t: TestContext,
  settings: Partial<Settings> = {},
): Promise<{ client: Station; server: Station }> {
  const { accepted, dialled } = await connection(t);
  const client = sessionOn(dialled, { ...settings, role: 'client' });
  const server = sessionOn(accepted, { ...settings, role: 'server' });
  t.after(() => client.session.destroy());
  t.after(() => server.session.destroy());
  return { client, server };
}

/** A stream that the client has opened, and its other end, accepted. */
export async function streamPair(
  t: TestContext,
  settings: Partial<Settings> = {},
): Promise<{ client: Station; server: Station; near: YamuxStream; far: YamuxStream }> {
  const { client, server } = await sessionPair(t, settings);
  const near = open(client);
  const far = await server.stream();
  far.accept();
  return { client, server, near, far };
}

export function open({ session }: Station): YamuxStream {
  const stream = session.open();
  if (stream === undefined) throw new Error('no more streams');
  return stream;
}
