import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionOptions } from 'node:tls';
import type { StreamSocket } from '#src/data-plane/data-plane.ts';
import { failure } from '#src/data-plane/failure.ts';
import { readFirstLine } from '#src/data-plane/portable/first-line.ts';
import type { DoorName, Visit } from '../records.ts';
import { dial, enter } from './doors.ts';
import { Pattern } from './pattern.ts';

/** Milliseconds for an answer, and for the rest of a stream that is over: longer than a broker has a client wait. */
const PATIENCE = 20_000;

/** Bytes that a stream sends at a time, and the milliseconds between. */
const PIECE = 1024;
const PACE = 100;

/** What becomes of a client where no door is open: it has come to nobody. */
export const NOBODY_LISTENS = 'ECONNREFUSED';

export interface Way {
  kind: Visit['kind'];
  node: string;
  door: DoorName;
  name: string;
}

/** Which of all streams it is, and when it is to end. */
export interface Stream {
  seed: number;
  over: AbortSignal;
}

/** One client, from its first packet to its end. */
export async function visit(way: Way, trust: ConnectionOptions, stream?: Stream): Promise<Visit> {
  const record: Visit = { ...way, start: Date.now(), end: 0, outcome: '' };
  const socket = dial(way.node, way.door);
  const giveUp = () => socket.destroy(failure('ETIMEDOUT', 'no answer in time'));
  const patience = setTimeout(giveUp, PATIENCE);
  try {
    await once(socket, 'connect');
    if (socket.localPort !== undefined) record.sourcePort = socket.localPort;
    const service = await enter[way.door](socket, way.name, trust);
    service.write(stream ? `STREAM ${stream.seed}\n` : 'ASK\n');
    const [answeredBy = '', answer] = (await readFirstLine(service)).split(' ');
    Object.assign(record, { answeredBy, answeredAt: Date.now(), answer: Number(answer) });
    if (stream) {
      clearTimeout(patience);
      const rest = converse(service, stream, record);
      stream.over.addEventListener('abort', () => patience.refresh());
      await rest;
    } else {
      service.resume().end();
      await once(service, 'end');
    }
    record.outcome = 'answered';
  } catch (error) {
    record.outcome = reasonOf(socket, error as NodeJS.ErrnoException);
  } finally {
    clearTimeout(patience);
    record.end = Date.now();
    socket.destroy();
  }
  return record;
}

/** Sends and compares, until it is over and as much has come as was sent. */
async function converse(service: StreamSocket, { seed, over }: Stream, record: Visit) {
  const said = new Pattern(2 * seed);
  const heard = new Pattern(2 * seed + 1);
  const cut = new AbortController();
  const whole = new Promise<void>((resolve, reject) => {
    service.on('data', (chunk: Buffer) => {
      if (!heard.goesOnWith(chunk)) reject(new Error('wrong bytes'));
      record.received = heard.count;
    });
    service.once('end', resolve);
    service.once('error', reject);
    service.once('close', () => reject(new Error('closed')));
  }).finally(() => cut.abort());
  whole.catch(() => {});
  const signal = AbortSignal.any([over, cut.signal]);
  do {
    service.write(said.next(PIECE));
    record.sent = said.count;
    await delay(PACE, undefined, { signal }).catch(() => {});
  } while (!signal.aborted);
  service.end();
  await whole;
  if (heard.count !== said.count) throw new Error(`${heard.count} of ${said.count} bytes`);
}

function reasonOf(socket: Socket, { code, message }: NodeJS.ErrnoException): string {
  return code ?? socket.errored?.message ?? message;
}
