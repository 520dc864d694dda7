import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connectTo, outcome, read } from './tcp.ts';

/** Servers and clients of the names door, written from what its protocol says and nothing else. */

/** The next line, without its line feed; what comes behind it stays to be read. */
export async function readLine(socket: Socket): Promise<string> {
  let bytes = Buffer.alloc(0);
  while (!bytes.includes('\n')) bytes = Buffer.concat([bytes, await read(socket, 1)]);
  return bytes.toString('utf8', 0, bytes.length - 1);
}

/** Where somebody connects from, if not from 127.0.0.1. */
interface From {
  localAddress?: string;
}

/** A connection that has been greeted so. */
export async function greeted(
  t: TestContext,
  port: number,
  greeting: 'SERVER' | 'CLIENT',
  from: From = {},
): Promise<Socket> {
  const socket = await connectTo(t, port, from);
  const said = await readLine(socket);
  if (said !== greeting) throw new Error(`greeted with ${JSON.stringify(said)}`);
  return socket;
}

/** All that a server is answered when it has sent this, up to the end. */
export async function tell(
  t: TestContext,
  port: number,
  lines: string | Uint8Array,
  from: From = {},
): Promise<string> {
  const socket = await greeted(t, port, 'SERVER', from);
  const answered = outcome(socket);
  socket.write(lines);
  const { data, ending } = await answered;
  return ending === 'eof' ? data.toString() : ending;
}

/** A connection that waits for a client of that name. */
export async function park(
  t: TestContext,
  port: number,
  name: string,
  { early = '', ...from }: From & { early?: string } = {},
): Promise<Socket> {
  const socket = await greeted(t, port, 'SERVER', from);
  socket.write(`CONNECT\n${name}\n${early}`);
  return socket;
}

/** All that a client is answered who asks for that name, and is not joined. */
export async function ask(
  t: TestContext,
  port: number,
  name: string | Uint8Array,
): Promise<string> {
  const socket = await greeted(t, port, 'CLIENT');
  const answered = outcome(socket);
  socket.write(Buffer.concat([Buffer.from(name), Buffer.from('\n')]));
  const { data, ending } = await answered;
  return ending === 'eof' ? data.toString() : ending;
}

/** A client that is joined with a service, of which nothing has been read yet. */
export async function call(
  t: TestContext,
  port: number,
  name: string,
  early = '',
): Promise<Socket> {
  const socket = await greeted(t, port, 'CLIENT');
  socket.write(`${name}\n${early}`);
  const answer = await readLine(socket);
  if (answer !== 'CONNECTED') throw new Error(`answered ${answer}`);
  return socket;
}

/** {@link call}, again and again while no server is there. */
export async function callUntilServed(t: TestContext, port: number, name: string): Promise<Socket> {
  for (;;) {
    const socket = await greeted(t, port, 'CLIENT');
    socket.write(`${name}\n`);
    const answer = await readLine(socket);
    if (answer === 'CONNECTED') return socket;
    if (answer !== 'NOEXIST' && answer !== 'OFFLINE') throw new Error(`answered ${answer}`);
    socket.destroy();
    await delay(10);
  }
}
