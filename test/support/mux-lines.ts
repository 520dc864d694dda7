import type { Body } from './extended-agent.ts';
import { DATA, type MuxPeer } from './mux-peer.ts';

/** Sends a message of the extended protocol on a stream. */
export function sayOn(peer: MuxPeer, id: number, word: string, body: object = {}): void {
  peer.say(DATA, 0, id, `[${word}] ${JSON.stringify(body)}\n`);
}

/** The first message with this word on a stream, as soon as it is whole. */
export async function lineOn(peer: MuxPeer, id: number, word: string): Promise<Body> {
  const find = () =>
    String(peer.payload(id))
      .split('\n')
      .slice(0, -1)
      .find((line) => line.startsWith(`[${word}] `));
  if (find() === undefined) await peer.frame((frame) => frame.id === id && find() !== undefined);
  return JSON.parse((find() ?? '').slice(word.length + 3));
}
