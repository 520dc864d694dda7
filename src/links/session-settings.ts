import type { SessionSettings } from '../yamux/session.ts';

/** A member that vanished is noticed within 15 seconds. */
const KEEP_ALIVE = { interval: 5000, deadline: 10_000 };

/** Milliseconds for the other side to take up a stream: longer than whoever opened it waits for an answer. */
const ACCEPTANCE = 10_000;

/** Clients and questions of one connection at one time; more are reset. */
const MOST_STREAMS = 10_000;

/** Of the side that has questions. The other one opens no streams. */
export const ASKING: SessionSettings = {
  role: 'client',
  mostOfPeer: 0,
  keepAlive: KEEP_ALIVE,
  openDeadline: ACCEPTANCE,
};

export const ANSWERING: SessionSettings = {
  role: 'server',
  mostOfPeer: MOST_STREAMS,
  keepAlive: KEEP_ALIVE,
  openDeadline: ACCEPTANCE,
};
