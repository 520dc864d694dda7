import type { ProtocolError } from '../protocol/error-codes.ts';
import { agentWords, backConnectWords } from '../protocol/extended.ts';
import { type Message, parseMessage } from '../protocol/message.ts';

const WORDS = { ...agentWords, ...backConnectWords };

/** Whatever an agent may send on some connection or other. */
export type AgentLine = Message<typeof WORDS>;

/** What a line is answered with that is no message known here; the connection goes on unless it is fatal. */
export type Objection =
  | { objection: ProtocolError<'word-unknown'>; fatal: false }
  | { objection: ProtocolError<'bad-message'>; fatal: true };

/** Unknown words in a row that are answered. A newer agent has some; more of them are no agent's. */
const MOST_UNKNOWN = 64;

/** Reads the lines of one connection as messages. */
export class MessageReader {
  #unknown = 0;

  read(line: string): AgentLine | Objection {
    const message = parseMessage(WORDS, line);
    if (!('fault' in message)) {
      this.#unknown = 0;
      return message;
    }
    const { fault: code, reason } = message;
    if (code === 'bad-message') return { objection: { code, message: reason }, fatal: true };
    this.#unknown += 1;
    if (this.#unknown <= MOST_UNKNOWN)
      return { objection: { code, message: reason }, fatal: false };
    return { objection: { code: 'bad-message', message: 'too many unknown words' }, fatal: true };
  }
}

export function outOfOrder(word: AgentLine['word']): ProtocolError<'out-of-order'> {
  return { code: 'out-of-order', message: `[${word}] has no place here` };
}
