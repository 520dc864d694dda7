import type { SwitchboardObserver } from '../../switchboard/switchboard.ts';
import type { Outbox } from './outbox.ts';

/** Tells the main thread what happens on an exchange. */
export function exchangeEvents(id: number, outbox: Outbox): SwitchboardObserver {
  return {
    clientWaiting: (client) => outbox.mention(['client-waiting', id, client.id, client.address]),
    clientPaired: (client) => outbox.mention(['client-paired', id, client]),
    clientEnded: (record) => {
      const { clientAddress, bytesToServer, bytesToClient, ending, waited, lasted } = record;
      outbox.mention([
        'client-ended',
        id,
        record.id,
        clientAddress,
        bytesToServer,
        bytesToClient,
        ending,
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
