import { questionWords } from '../protocol/link.ts';
import { formatMessage, parseMessage } from '../protocol/message.ts';
import type { YamuxStream } from '../yamux/stream.ts';
import { readLine } from './line.ts';
import type { LinkHost } from './links.ts';

/** Milliseconds for the first line of a stream. */
const LINE_DEADLINE = 5000;

/** Milliseconds for the other side to end a stream behind our last word on it. */
const FAREWELL = 2000;

/** Answers what another member asks on a stream of its own. What makes no sense is reset. */
export async function answer(stream: YamuxStream, host: LinkHost): Promise<void> {
  let line: string;
  try {
    line = await readLine(stream, LINE_DEADLINE);
  } catch {
    return;
  }
  const question = parseMessage(questionWords, line);
  if ('fault' in question) {
    stream.destroy();
  } else if (question.word === 'PROMISE') {
    say(stream, host.promise(question.body.session) ? 'PROMISED' : 'DENIED');
  } else {
    const taken = host.serve(question.body);
    if (typeof taken === 'string') {
      say(stream, 'REFUSED', { cause: taken });
    } else {
      stream.write(formatMessage('JOINED'), 'latin1');
      taken(stream);
    }
  }
}

function say(stream: YamuxStream, word: string, body?: object): void {
  stream.end(formatMessage(word, body), 'latin1');
  stream.resume();
  stream.setTimeout(FAREWELL, () => stream.destroy());
}
