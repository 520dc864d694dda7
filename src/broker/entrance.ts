import type { Exchange, ListenerSide } from '../data-plane/data-plane.ts';
import type { ListenerRole } from './inheritance.ts';

/** A listener, as something that another process can be given. */
export interface Entrance {
  readonly role: ListenerRole;
  readonly port: number;
  /** For whoever duplicates it at once; undefined where there is none to be had. */
  readonly descriptor: number | undefined;
  /** Accepts nobody any more. Resolves when nobody is on the way in. */
  shut(): Promise<void>;
  /** Accepts from this descriptor, which is its own from now on, as it did before. */
  reopen(descriptor: number): Promise<void>;
}

/** One of an exchange's. */
export function entranceOf(exchange: Exchange, side: ListenerSide, role: ListenerRole): Entrance {
  return {
    role,
    get port() {
      return side === 'clients' ? exchange.clientPort : exchange.backConnectPort;
    },
    get descriptor() {
      return exchange.listeners[side];
    },
    shut: () => exchange.shut(side),
    reopen: (descriptor) => exchange.acceptFrom({ [side]: descriptor }),
  };
}
