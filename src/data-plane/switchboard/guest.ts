import { backConnectWords } from '../../protocol/extended.ts';
import { parseMessage } from '../../protocol/message.ts';
import type { BackConnectHello } from '../data-plane.ts';

/** A back-connect that is joined with nobody yet. */
export interface Guest<C> {
  readonly connection: C;
  readonly address: string;
  /** What has been read of it that is for its client. */
  early: Buffer;
}

/** What the first line of one says; undefined where it is no proper one. */
export function parseHello(line: string): BackConnectHello | undefined {
  const message = parseMessage(backConnectWords, line);
  return 'fault' in message ? undefined : { word: message.word, ticket: message.body.ticket };
}
