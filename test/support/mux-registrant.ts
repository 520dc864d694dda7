import type { TestContext } from 'node:test';
import { ACK, DATA, FIN, type Frame, MuxPeer, PING, SYN, WINDOW_UPDATE } from './mux-peer.ts';
import { connectTo } from './tcp.ts';

/** A session that has been opened on a control port, with its first stream. */
export async function openSession(t: TestContext, controlPort: number): Promise<MuxPeer> {
  const peer = new MuxPeer(await connectTo(t, controlPort));
  peer.say(WINDOW_UPDATE, SYN, 1);
  return peer;
}

/** A session on which nothing is said, and the client port that it was told. */
export async function registerMux(
  t: TestContext,
  controlPort: number,
): Promise<{ peer: MuxPeer; told: string; port: number }> {
  const peer = await openSession(t, controlPort);
  const told = await toldOn(peer);
  return { peer, told, port: Number(/\d+$/.exec(told)?.[0]) };
}

/** What a registrant is told, once that is all. */
export async function toldOn(peer: MuxPeer): Promise<string> {
  await peer.frame(({ id, flags }) => id === 1 && (flags & FIN) !== 0);
  return String(peer.payload(1));
}

/** The id of the `nth` stream that the broker opens, which is accepted. */
export async function acceptStream(peer: MuxPeer, nth = 1): Promise<number> {
  const { id } = await peer.frame(({ type, flags }) => type !== PING && flags === SYN, nth);
  peer.say(WINDOW_UPDATE, ACK, id);
  return id;
}

/** All payload of a stream, once there is so much of it. */
export async function payloadOf(peer: MuxPeer, id: number, length: number): Promise<string> {
  const isEnough = () => peer.payload(id).length >= length;
  const isOfStream = (frame: Frame) => frame.type === DATA && frame.id === id;
  if (!isEnough()) await peer.frame((frame) => isOfStream(frame) && isEnough());
  return String(peer.payload(id));
}
