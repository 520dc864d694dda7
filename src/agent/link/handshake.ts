import {
  type BrokerMessage,
  brokerWords,
  formatError,
  type Register,
  type Registered,
  VERSION,
} from '../../protocol/extended.ts';
import { formatMessage, parseMessage } from '../../protocol/message.ts';
import { drawNonce, nameOfToken, prove, sameProof } from '../../protocol/proof.ts';
import type { ControlConnection } from './control-connection.ts';
import { refused } from './refusals.ts';
import { untrustedProof } from './trust.ts';

/** Milliseconds that the relay has for each of its answers. */
const ANSWER_TIMEOUT = 10_000;

/**
 * Registers: says hello, proves that it has the token and lets the relay prove the same.
 *
 * @throws RelayError `E_REFUSED`, `E_BROKER_UNTRUSTED`, `E_NOT_A_RELAY`, `E_RELAY_LOST`
 */
export async function shakeHands(
  connection: ControlConnection,
  token: string | undefined,
  ask: Register,
): Promise<Registered> {
  const agentNonce = drawNonce();
  const name = token === undefined ? undefined : nameOfToken(token);
  connection.send(formatMessage('HELLO', { version: VERSION, nonce: agentNonce, token: name }));
  const { version, nonce: brokerNonce } = await answer(connection, 'CHALLENGE');
  if (version !== VERSION) {
    throw connection.notARelay(`it wants to speak version ${version} of the protocol`);
  }
  if (token === undefined || name === undefined) {
    connection.send(formatMessage('REGISTER', ask));
    return answer(connection, 'REGISTERED');
  }
  const challenge = { name, agentNonce, brokerNonce };
  connection.send(formatMessage('REGISTER', { proof: prove('agent', token, challenge), ...ask }));
  const registered = await answer(connection, 'REGISTERED');
  const proof = prove('broker', token, challenge);
  if (!sameProof(registered.proof ?? '', proof)) throw untrustedProof(connection.name);
  return registered;
}

type Body<Word extends BrokerMessage['word']> = Extract<BrokerMessage, { word: Word }>['body'];

/** The relay's next word, which has to be this one. */
async function answer<Word extends 'CHALLENGE' | 'REGISTERED'>(
  connection: ControlConnection,
  expected: Word,
): Promise<Body<Word>> {
  const timer = setTimeout(
    () => connection.end(connection.lost('it did not answer in time')),
    ANSWER_TIMEOUT,
  );
  try {
    for (;;) {
      const line = await connection.next();
      const message = understand(connection, line);
      if (message === undefined) continue;
      if (message.word === 'ERROR') throw refused(connection.name, message.body);
      if (message.word !== expected) throw connection.nonsense(line);
      return message.body as Body<Word>;
    }
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What a line says. Undefined for a word that is not known, which is answered,
 * and for what is no message, which ends the connection.
 */
export function understand(connection: ControlConnection, line: string): BrokerMessage | undefined {
  const message = parseMessage(brokerWords, line);
  if (!('fault' in message)) return message;
  if (message.fault === 'bad-message') connection.end(connection.nonsense(line));
  else connection.send(formatError({ code: 'word-unknown', message: message.reason }));
  return undefined;
}
