import { createHmac, randomBytes, randomFillSync, timingSafeEqual } from 'node:crypto';
import { NAME } from './extended.ts';

/** Octets of a nonce and of a key. */
const SECRET = 32;

/** Octets of a ticket: nobody guesses 128 bits in the seconds that it is good for. */
const TICKET = 16;

/** What both ends of a handshake prove that they have. */
export interface Challenge {
  /** Of the token. */
  name: string;
  agentNonce: string;
  brokerNonce: string;
}

/** Fresh for every connection, or a recorded exchange could be played back. */
export function drawNonce(): string {
  return randomBytes(SECRET).toString('base64url');
}

export function drawKey(): string {
  return randomBytes(SECRET).toString('base64url');
}

/** Drawn for every client, hence many at a time: a call for each would cost more than all else that a client needs here. */
const drawn = Buffer.alloc(TICKET * 256);
let spent = drawn.length;

export function drawTicket(): string {
  if (spent === drawn.length) {
    randomFillSync(drawn);
    spent = 0;
  }
  spent += TICKET;
  return drawn.toString('base64url', spent - TICKET, spent);
}

/** A new token: `<name>.<secret>`. */
export function drawToken(name: string): string {
  return `${name}.${randomBytes(SECRET).toString('base64url')}`;
}

/** The name in a token; undefined for what is no token. */
export function nameOfToken(token: string): string | undefined {
  const [, name, secret] = /^([^.]*)\.([A-Za-z0-9_-]{43})$/.exec(token) ?? [];
  return name !== undefined && secret !== undefined && NAME.test(name) ? name : undefined;
}

/** HMAC-SHA-256 (RFC 2104) over both nonces, see docs/protocol.md, "Proofs". */
export function prove(role: 'agent' | 'broker', token: string, challenge: Challenge): string {
  const { name, agentNonce, brokerNonce } = challenge;
  return createHmac('sha256', token)
    .update(`relay-broker/1 ${role}\n${name}\n${agentNonce}\n${brokerNonce}`)
    .digest('base64url');
}

/** Whether two proofs are the same, in a time that does not tell how far they are. */
export function sameProof(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
