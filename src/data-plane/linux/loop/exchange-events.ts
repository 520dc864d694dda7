import type { SwitchboardObserver } from '../../switchboard/switchboard.ts';
import type { Outbox } from './outbox.ts';

/** Tells the main thread what happens on an exchange. */
export function exchangeEvents(id: number, outbox: Outbox): SwitchboardObserver {
  return {
    clientWaiting: (client) =>
      outbox.mention(['client-waiting', id, client.id, client.address, client.port]),
    clientPaired: ({ id: client, address, port, waited }) =>
      outbox.mention(['client-paired', id, client, address, port, waited]),
    clientEnded: (record) => {
      const { clientAddress, sourcePort, bytesToServer, bytesToClient } = record;
      const { ending, firstEnd, waited, lasted } = record;
      outbox.mention([
        'client-ended',
        id,
        record.id,
        clientAddress,
        sourcePort,
        bytesToServer,
        bytesToClient,
        ending,
        firstEnd,
        waited,
        lasted,
      ]);
    },
    clientRefused: (cause, address) => outbox.mention(['client-refused', id, cause, address]),
    // They are not held up like clients, so it is their events that must not pile up.
    backConnectRefused: (cause, address) => {
      if (!outbox.isBacklogged) outbox.mention(['back-connect-refused', id, cause, address]);
    },
  };
}
