import type { Socket } from 'node:net';
import { plainAddress } from '../address.ts';
import { descriptorOf } from '../handle.ts';
import { duplicate } from './system-calls.ts';

/** A connection that was one of Node's, for a thread. */
export interface Detached {
  descriptor: number;
  address: string;
  port: number;
  /** What was read of it, by whoever had it and by Node. */
  read: Uint8Array;
}

/**
 * Takes a paused socket from Node, which destroys it. Undefined, and the socket is as it
 * was, when its connection is gone or there is no descriptor to be had.
 *
 * What is duplicated keeps the connection when Node closes its own descriptor. Nothing
 * is read in between, for Node reads between turns of its event loop only; but it may
 * have read ahead.
 */
export function detach(socket: Socket, before: Uint8Array): Detached | undefined {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  const original = descriptorOf(socket);
  const descriptor = original === undefined ? undefined : duplicate(original);
  if (descriptor === undefined) return undefined;
  const ahead: Buffer | null = socket.read();
  const read = Uint8Array.from(ahead === null ? before : Buffer.concat([before, ahead]));
  socket.destroy();
  return { descriptor, address: plainAddress(remoteAddress), port: remotePort, read };
}
