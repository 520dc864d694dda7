import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Registers with a broker, and has clients and server of it send 8 MiB to each
 * other, which both read slowly. Fails when bytes are wrong, and never ends when they stand still.
 *
 * Usage: slow-readers.ts <host> <control port> <client port>
 */
const MIB = 1024 * 1024;
const SIZE = 8 * MIB;
const PAIRS = 3;

/** Milliseconds that a reader pauses at every MiB, in which windows close. */
const PAUSE = 150;

const [host = '', controlPort, clientPort] = process.argv.slice(2);

async function dial(port: string | number | undefined): Promise<Socket> {
  const socket = connect({ host, port: Number(port), allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
}

/** The client port opens a moment after the control connection. */
async function dialClientPort(): Promise<Socket> {
  for (;;) {
    try {
      return await dial(clientPort);
    } catch {
      await delay(10);
    }
  }
}

async function transfer(from: Socket, to: Socket): Promise<void> {
  const sent = randomBytes(SIZE);
  from.end(sent);
  const hash = createHash('sha256');
  let received = 0;
  // The default would close the connection at the end of this direction, whatever the other has left to send.
  for await (const chunk of to.iterator({ destroyOnReturn: false })) {
    hash.update(chunk);
    const before = received;
    received += chunk.length;
    if (Math.floor(received / MIB) > Math.floor(before / MIB)) await delay(PAUSE);
  }
  if (hash.digest('hex') === createHash('sha256').update(sent).digest('hex')) return;
  fail(`wrong bytes, ${received} of ${SIZE}`);
}

function fail(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}

const control = await dial(controlPort);
const transfers: Promise<void>[] = [];
for (let n = 0; n < PAIRS; n += 1) {
  const notified = once(control, 'data');
  const client = await dialClientPort();
  const [notification] = await notified;
  const server = await dial(/\d+/.exec(String(notification))?.[0]);
  transfers.push(transfer(client, server), transfer(server, client));
}
await Promise.all(transfers);
control.destroy();
