import * as v from 'valibot';
import { clientAddress } from './extended.ts';
import type { Message } from './message.ts';
import { isServiceName } from './names.ts';

/** What is said on a link, one line each way on a stream; see docs/fleet.md, "Links". */

/** Why a member does not serve a client, see `ForwardRefusal` in src/links/links.ts. */
const cause = v.picklist(['not-here', 'away']);

/** Ids of sessions. */
const session = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

const sign = v.object({});

/** From the member that opened the stream, its first line. */
export const questionWords = {
  CLIENT: v.object({
    name: v.pipe(v.string(), v.check(isServiceName, 'expected the name of a service')),
    client: clientAddress,
    greeting: v.pipe(v.string(), v.maxLength(256)),
  }),
  PROMISE: v.object({ session }),
};

/** From the other one, its first line. Behind `[JOINED]`, the stream is the client's connection. */
export const answerWords = {
  JOINED: sign,
  REFUSED: v.object({ cause }),
  PROMISED: sign,
  DENIED: sign,
};

export type LinkAnswer = Message<typeof answerWords>;
