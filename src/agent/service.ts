import { Server } from 'node:net';
import type {
  DataPlane,
  DialledPair,
  DialledSpare,
  Endpoint,
  RelayDial,
} from '../data-plane/data-plane.ts';
import { joinWithTarget } from '../data-plane/portable/dial-pair.ts';
import { reset } from '../data-plane/portable/reset.ts';
import type { Target } from '../options/agent-options.ts';
import { dialBack, named } from './dial-back.ts';
import { handToServer, type ServedSocket } from './hand-to-server.ts';
import { dialSpareForServer } from './spare-for-server.ts';
import { nameOf, resolveTarget } from './target.ts';

/** A back-connect that waits at the relay, as a {@link DialledSpare} does. */
export interface Spare extends Pick<DialledSpare, 'taken' | 'cut'> {
  readonly relay: RelayDial;
  /** Joins its client with the target. To be called once, when taken. */
  serve(preface: Uint8Array | undefined): DialledPair;
}

/** What clients are joined with, and the data plane that joins them. Errors are {@link RelayError}s. */
export class Service {
  readonly name: string;
  readonly target: Endpoint | Server;
  readonly #plane: DataPlane;
  readonly #halfCloseTimeout: number;

  constructor(plane: DataPlane, target: Target, halfCloseTimeout: number) {
    this.name = nameOf(target);
    this.target = resolveTarget(target);
    this.#plane = plane;
    this.#halfCloseTimeout = halfCloseTimeout;
  }

  /** Fetches a client from the relay. */
  fetch(relay: RelayDial, preface: Uint8Array | undefined): DialledPair {
    const { target, name: targetName } = this;
    const halfCloseTimeout = this.#halfCloseTimeout;
    return dialBack(this.#plane, { relay, target, targetName, preface, halfCloseTimeout });
  }

  /** Goes to the relay in advance. */
  park(relay: RelayDial): Spare {
    const { target } = this;
    if (target instanceof Server) return this.#spare(relay, dialSpareForServer(relay, target));
    const { taken, serve, cut } = this.#plane.dialSpare({ relay });
    const halfCloseTimeout = this.#halfCloseTimeout;
    return this.#spare(relay, {
      taken,
      cut,
      serve: (preface) => serve({ target, preface, halfCloseTimeout }),
    });
  }

  /** Takes up a client that has come by a connection which is there already. */
  carry(relay: RelayDial, client: ServedSocket): Pick<Spare, 'serve' | 'cut'> {
    const { target, name } = this;
    const halfCloseTimeout = this.#halfCloseTimeout;
    let cut = () => reset(client);
    const toRelay = { connected: Promise.resolve(client), abort: cut };
    return {
      cut: () => cut(),
      serve(preface) {
        const pair =
          target instanceof Server
            ? handToServer(toRelay, undefined, target, preface)
            : joinWithTarget(toRelay, undefined, { target, preface, halfCloseTimeout });
        cut = pair.cut;
        return named(pair, relay, name);
      },
    };
  }

  #spare(relay: RelayDial, spare: Omit<Spare, 'relay'>): Spare {
    return {
      relay,
      taken: spare.taken,
      cut: () => spare.cut(),
      serve: (preface) => named(spare.serve(preface), relay, this.name),
    };
  }
}
