import { FIRST_LINE_TOO_LONG } from '../data-plane/first-line.ts';
import { answerWords, type LinkAnswer } from '../protocol/link.ts';
import { parseMessage } from '../protocol/message.ts';
import type { YamuxStream } from '../yamux/stream.ts';
import { readLine } from './line.ts';
import { LinkError } from './links.ts';
import type { Outgoing } from './outgoing.ts';

/**
 * Asks a member something on a stream of its own, which is then the caller's. Rejects with a {@link LinkError},
 * and the stream is reset. A connection on which no answer comes gets no more questions.
 *
 * @param deadline - milliseconds for the answer, from when it can be asked
 */
export async function ask(
  member: Outgoing,
  question: string,
  deadline: number,
): Promise<{ stream: YamuxStream; answer: LinkAnswer }> {
  const { stream, isLive, retire } = await member.open();
  stream.write(question, 'latin1');
  const line = await readLine(stream, deadline).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ETIMEDOUT') retire();
    throw noAnswer(cause, isLive());
  });
  const answer = parseMessage(answerWords, line);
  if (!('fault' in answer)) return { stream, answer };
  stream.destroy();
  throw nonsense(answer.reason);
}

/** An answer that makes no sense where it stands. */
export function nonsense(reason: string, options?: ErrorOptions): LinkError {
  const advice = 'Check that all brokers of the fleet are of the same version.';
  const message = `Another broker answers what makes no sense: ${reason}. ${advice}`;
  return new LinkError('misbehaved', message, options);
}

/** A reset may overtake the answer that goes before it, as those of TCP do. */
function noAnswer(cause: NodeJS.ErrnoException, isLive: boolean): LinkError {
  switch (cause.code) {
    case 'ETIMEDOUT':
      return new LinkError('timeout', LATE, { cause });
    case FIRST_LINE_TOO_LONG.code:
      return nonsense('a line that is too long', { cause });
    default:
      return isLive
        ? new LinkError('reset', RESET, { cause })
        : new LinkError('lost', LOST, { cause });
  }
}

const LOST = 'The connection to another broker broke off before it answered. Try again.';
const RESET =
  'Another broker reset a client: its service does not let it in, or too many are there.';
const LATE =
  'Another broker did not answer in time. It may be busy, paused, or cut off without a word.';
