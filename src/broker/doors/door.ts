import type { Socket } from 'node:net';
import { type Caller, Reception } from '../../doorstep/reception.ts';
import type { Entrance } from '../entrance.ts';
import type { DoorName } from '../events.ts';
import { Listener } from '../reception/listener.ts';
import type { Site } from '../registration/site.ts';

/** Where registrants or clients of another protocol come in. */
export interface Door {
  readonly entrances: readonly Entrance[];
  /** Who has come in and has not got anywhere. */
  readonly callers: number;
  /** Lets nobody in any more and sends those away who have not got anywhere. Resolves when all that it still has has closed. */
  close(): Promise<void>;
  /** Ends every connection that it still has at once. */
  cut(): void;
}

/** What a door needs of a broker, besides what its protocol is about. */
export type DoorSite = Pick<Site, 'settings' | 'budget' | 'inheritance' | 'emit'>;

/**
 * Opens one on a port; 0 lets the system pick. Rejects with `E_LISTEN` when the system refuses.
 *
 * @param received - hears a caller; see {@link Reception}
 * @param mostOfOneAddress - callers
 */
export async function openDoor<C extends Caller>(
  { settings: { host }, budget, inheritance, emit }: DoorSite,
  name: DoorName,
  port: number,
  received: (socket: Socket, left: (caller: C) => void) => C,
  mostOfOneAddress?: number,
): Promise<Door> {
  const refused = (address: string) => emit('doorRefused', name, address, 'descriptors', '');
  const reception = new Reception(budget, { received, refused }, mostOfOneAddress);
  const descriptor = inheritance.take(name, port);
  const at = descriptor === undefined ? { host, port } : { descriptor };
  const listener = await Listener.open(name, at, (socket) => reception.receive(socket));
  emit('doorOpened', name, listener.at);
  return {
    entrances: [listener],
    get callers() {
      return reception.callers;
    },
    close() {
      const shut = listener.close();
      reception.close();
      return shut;
    },
    cut: () => reception.cut(),
  };
}
