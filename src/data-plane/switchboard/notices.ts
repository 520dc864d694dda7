import { formatNew } from '../../protocol/basic.ts';
import { formatMessage } from '../../protocol/message.ts';
import type { Client } from './clients.ts';

/**
 * What a registrant is told of a client that waits.
 *
 * @param isBare - whether to leave out the word, where clients have no tickets
 */
export function announcementOf(
  client: Client<unknown>,
  backConnectPort: number,
  isBare: boolean,
): string {
  if (client.ticket === '') return isBare ? `${backConnectPort}\n` : formatNew(backConnectPort);
  return formatMessage('NEW', describe(client));
}

/** What a spare is told of the client that it is joined with. */
export function introductionOf(client: Client<unknown>): string {
  return formatMessage('TAKEN', describe(client));
}

function describe({ ticket, address, port }: Client<unknown>): object {
  return { ticket, client: { address, port } };
}
