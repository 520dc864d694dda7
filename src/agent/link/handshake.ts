import { Deadline } from '../../deadline.ts';
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
 * @param patience - milliseconds for the relay's first answer, if they are to be less than usual: the second
 *   one may take a fleet its time
 * @throws RelayError `E_REFUSED`, `E_BROKER_UNTRUSTED`, `E_NOT_A_RELAY`, `E_RELAY_LOST`
 */
export async function shakeHands(
  connection: ControlConnection,
  token: string | undefined,
  ask: Register,
  patience = ANSWER_TIMEOUT,
): Promise<Registered> {
  const agentNonce = drawNonce();
  const name = token === undefined ? undefined : nameOfToken(token);
  connection.send(formatMessage('HELLO', { version: VERSION, nonce: agentNonce, token: name }));
  const { version, nonce: brokerNonce } = await answer(connection, 'CHALLENGE', patience);
  if (version !== VERSION) {
    throw connection.notARelay(`it wants to speak version ${version} of the protocol`);
  }
  if (token === undefined || name === undefined) {
    connection.send(formatMessage('REGISTER', ask));
    return granted(connection, ask);
  }
  const challenge = { name, agentNonce, brokerNonce };
  connection.send(formatMessage('REGISTER', { proof: prove('agent', token, challenge), ...ask }));
  const registered = await granted(connection, ask);
  const proof = prove('broker', token, challenge);
  if (!sameProof(registered.proof ?? '', proof)) throw untrustedProof(connection.name);
  return registered;
}

/** What is asked for. Who hangs up before it is granted is not to leave behind what nobody has the key to. */
function granted(connection: ControlConnection, { resume }: Register): Promise<Registered> {
  const lastWord = resume === undefined ? formatMessage('BYE') : undefined;
  return answer(connection, 'REGISTERED', ANSWER_TIMEOUT, lastWord);
}

type Body<Word extends BrokerMessage['word']> = Extract<BrokerMessage, { word: Word }>['body'];

/**
 * The relay's next word, which has to be this one.
 *
 * @param lastWord - said to a relay that does not answer in time
 */
async function answer<Word extends 'CHALLENGE' | 'REGISTERED'>(
  connection: ControlConnection,
  expected: Word,
  patience = ANSWER_TIMEOUT,
  lastWord?: string,
): Promise<Body<Word>> {
  const deadline = new Deadline();
  deadline.set(Math.min(patience, ANSWER_TIMEOUT), () => {
    if (lastWord !== undefined) connection.send(lastWord);
    connection.end(connection.lost('it did not answer in time'));
  });
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
    deadline.clear();
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
