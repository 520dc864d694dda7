import { formatNew } from '../../protocol/basic.ts';
import { formatMessage } from '../../protocol/message.ts';
import type { ClientToFetch } from '../data-plane.ts';

/**
 * What a registrant is told of a client that waits.
 *
 * @param isBare - whether to leave out the word, where clients have no tickets
 */
export function announcementOf(
  client: ClientToFetch,
  backConnectPort: number,
  isBare: boolean,
): string {
  if (client.ticket === '') return isBare ? `${backConnectPort}\n` : formatNew(backConnectPort);
  return formatMessage('NEW', describe(client));
}

/** What a back-connect is told of its client, where it has not asked for a certain one. */
export function introductionOf(client: ClientToFetch): string {
  return formatMessage('TAKEN', describe(client));
}

function describe({ ticket, address, port }: ClientToFetch): object {
  return { ticket, client: { address, port } };
}
