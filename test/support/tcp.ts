import { once } from 'node:events';
import { connect, createServer, type Server, type Socket, type TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';
import { confirmEnd } from '#src/data-plane/portable/confirm-end.ts';

/**
 * A connection to a port of this machine that keeps both directions apart; gone when the test ends.
 *
 * It is one, too, if it was let in and reset before this process was told of the one: {@link endingOf} tells
 * of the other.
 */
export async function connectTo(
  t: TestContext,
  port: number,
  options: Partial<TcpNetConnectOpts> = {},
): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', allowHalfOpen: true, ...options, port });
  socket.on('error', () => {});
  // Or the observer would take a reset behind data for a clean end, as Node does.
  confirmEnd(socket);
  t.after(() => socket.destroy());
  await once(socket, 'connect').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNRESET') throw error;
  });
  return socket;
}

/** A server on a port the system picks; gone, with its connections, when the test ends. */
export async function serve(
  t: TestContext,
  onConnection: (socket: Socket) => void,
  options: { host?: string; port?: number; path?: string } = { host: '127.0.0.1' },
): Promise<Server & { port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    confirmEnd(socket);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  server.listen(options.path === undefined ? { port: 0, ...options } : { path: options.path });
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return Object.assign(server, { port });
}

/** Outside of the ports that the system gives out by itself: in blocks, of which each process has one. */
const BLOCKS = { from: 10_000, to: 30_000, size: 50 };

let ownBlock: Promise<number> | undefined;
let given = 0;

/** The first of so many ports in a row that are free, which no other file of tests that runs now is given. */
export async function freePorts(count: number): Promise<number> {
  ownBlock ??= takeBlock();
  const from = await ownBlock;
  for (;;) {
    if (given + count >= BLOCKS.size) given = 0;
    // The first one is the lock.
    const first = from + 1 + given;
    given += count;
    const ports = Array.from({ length: count }, (_, n) => first + n);
    const servers = await Promise.all(ports.map(bind));
    for (const server of servers) server?.close();
    if (!servers.includes(undefined)) return first;
  }
}

/**
 * A range of {@link freePorts} for the clients of a broker that is to have them again when it has been started
 * anew: what the system gives out by itself, it may give to somebody else meanwhile.
 */
export async function portsToKeep(count = 10): Promise<string> {
  const first = await freePorts(count);
  return `${first}-${first + count - 1}`;
}

/** Whoever listens at the first port of a block has the block, as long as the process runs. */
async function takeBlock(): Promise<number> {
  const { from, to, size } = BLOCKS;
  for (let block = process.pid; ; block += 1) {
    const first = from + ((block * size) % (to - from));
    const lock = await bind(first);
    if (lock === undefined) continue;
    lock.unref();
    return first;
  }
}

/** A server at this port, unless somebody else is there. */
async function bind(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '127.0.0.1');
  return once(server, 'listening').then(
    () => server,
    () => undefined,
  );
}

/** Resolves once nobody listens at a port. Who came as its listener closed is reset, not refused. */
export async function untilRefused(t: TestContext, port: number): Promise<void> {
  for (;;) {
    try {
      (await connectTo(t, port)).destroy();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return;
      throw error;
    }
  }
}

/** What came of a connection: all its bytes, and {@link endingOf}. */
export async function outcome(socket: Duplex): Promise<{ data: Buffer; ending: string }> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  const ending = await endingOf(socket);
  return { data: Buffer.concat(chunks), ending };
}

/** How a connection ends whose bytes somebody reads: `'eof'` or the code of its error. */
export function endingOf(socket: Duplex): Promise<string> {
  return new Promise((resolve) => {
    if (socket.closed) resolve(endingBy(socket.errored));
    socket.once('end', () => resolve('eof'));
    socket.once('error', (error) => resolve(endingBy(error)));
    socket.once('close', () => resolve('closed'));
  });
}

function endingBy(error: NodeJS.ErrnoException | null): string {
  return error === null ? 'closed' : (error.code ?? error.message);
}

/** What a client gets from a service that echoes, if it gets all of it, or else how its connection ends. */
export async function visit(
  t: TestContext,
  port: number,
  says: string,
  options: Partial<TcpNetConnectOpts> = {},
): Promise<string> {
  try {
    const client = await connectTo(t, port, options);
    const echoed = outcome(client);
    client.end(says);
    const { data, ending } = await echoed;
    return ending === 'eof' ? data.toString() : ending;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code ?? message;
  }
}

/** Says something and leaves, and waits until nothing is left of the connection, whatever the answer. */
export async function say(port: number, bytes: Buffer): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {}).resume();
  const closed = once(socket, 'close').catch(() => {});
  socket.end(bytes);
  await closed;
}

/** Resolves with the next `count` bytes; what came behind them stays to be read. */
export async function read(socket: Duplex, count: number): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  while (bytes.length < count) {
    const chunk: Buffer | null = socket.read();
    if (chunk !== null) bytes = Buffer.concat([bytes, chunk]);
    else if (socket.closed) throw socket.errored ?? new Error('closed');
    else await once(socket, 'readable');
  }
  if (bytes.length > count) socket.unshift(bytes.subarray(count));
  return bytes.subarray(0, count);
}

/** What a client gets from a port that lets nobody in: the code of its error, or `'eof'`. */
export async function knock(
  port: number,
  host = '127.0.0.1',
  localAddress?: string,
): Promise<string> {
  const socket = connect({ port, host, ...(localAddress && { localAddress }) });
  const answer = await new Promise<string>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    socket.once('end', () => resolve('eof'));
    socket.resume();
  });
  socket.destroy();
  return answer;
}
