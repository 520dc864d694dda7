import { performance } from 'node:perf_hooks';
import { plainAddress } from '../data-plane/address.ts';
import type {
  ClientBeginning,
  ConnectionRecord,
  CutReason,
  LiveConnection,
  StreamSocket,
} from '../data-plane/data-plane.ts';
import { elapsed } from '../data-plane/elapsed.ts';
import { confirmEnd } from '../data-plane/portable/confirm-end.ts';
import { Pair } from '../data-plane/portable/pair.ts';
import { reset } from '../data-plane/portable/reset.ts';
import type { Member } from '../directory/member.ts';
import type { ForwardedClient, ForwardRefusal, LinkFailure, Links } from './links.ts';
import { LinkError } from './links.ts';

/** Of a client that was only accepted. */
const NOTHING_YET: ClientBeginning = { read: new Uint8Array(0), greeting: '' };

/** Where a client went that came here. */
interface Onward {
  /** That it asked for. */
  name: string;
  /** Name of the member that serves it. */
  member: string;
}

/** A client that came here and that another member serves, its bytes and times as they are at the moment. */
export interface ForwardedConnection extends Onward, Omit<LiveConnection, 'state'> {}

/** The same when it is over. Where it is the other member that ended it, its own record says why. */
export interface ForwardRecord extends Onward, ConnectionRecord {}

/** What became of a client: `away`: the member has its name, and nobody is there to serve it. */
export type Passage = 'taken' | 'away' | 'not-taken';

/** Told synchronously; must not throw. */
export interface ForwardingObserver {
  /** A client is joined with a stream to the member. */
  forwarding(connection: ForwardedConnection): void;
  /** Its connection is over. */
  forwarded(connection: ForwardedConnection, record: ForwardRecord): void;
  /** That member does not serve a client, or does not answer; the client may be taken elsewhere. */
  notForwarded(
    member: Member,
    why: ForwardRefusal | Exclude<LinkFailure, 'reset'>,
    detail: string,
  ): void;
}

/** Takes clients to the members that serve them, and relays them from then on. */
export class Forwarding {
  readonly #links: Pick<Links, 'forward'>;
  readonly #halfCloseTimeout: number;
  readonly #observer: ForwardingObserver;
  /** By id. */
  readonly #joined = new Map<number, { pair: Pair; connection: ForwardedConnection }>();
  #emptied: () => void = () => {};
  #lastId = 0;

  /** @param halfCloseTimeout - milliseconds a half-closed connection may stay silent */
  constructor(
    links: Pick<Links, 'forward'>,
    halfCloseTimeout: number,
    observer: ForwardingObserver,
  ) {
    this.#links = links;
    this.#halfCloseTimeout = halfCloseTimeout;
    this.#observer = observer;
  }

  /** Clients that are joined with a stream at the moment. */
  get size(): number {
    return this.#joined.size;
  }

  /**
   * Takes a client to the member that serves it. Unless it is `taken`, it is as it was.
   *
   * @param client - paused, with an error listener and `allowHalfOpen`, and counted in the budget of
   *   descriptors until it closes
   */
  async forward(
    member: Member,
    name: string,
    client: StreamSocket,
    begun = NOTHING_YET,
  ): Promise<Passage> {
    const from = begun.client ?? addressOf(client);
    if (from === undefined) {
      client.destroy();
      return 'not-taken';
    }
    const came = performance.now();
    const asked = { name, client: from, greeting: begun.greeting };
    const stream = await this.#take(member, asked);
    if (stream === 'reset') reset(client);
    else if (typeof stream === 'string') return stream;
    else this.#join({ name, member: member.name }, from, came, client, begun, stream);
    return 'taken';
  }

  /** Those who are joined with a stream. */
  connections(): ForwardedConnection[] {
    return [...this.#joined.values()].map(({ connection }) => ({ ...connection }));
  }

  /** Resolves when nobody is joined with a stream. */
  async finished(): Promise<void> {
    if (this.#joined.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
  }

  /** Resets all who are joined with a stream, or the one of this id. Answers whether there was any. */
  cut(why: CutReason, id?: number): boolean {
    const found = [...this.#joined].filter(([each]) => id === undefined || id === each);
    for (const [, { pair }] of found) pair.cut(why);
    return found.length > 0;
  }

  async #take(
    member: Member,
    client: ForwardedClient,
  ): Promise<StreamSocket | 'reset' | Exclude<Passage, 'taken'>> {
    try {
      const stream = await this.#links.forward(member, client);
      if (typeof stream !== 'string') return stream;
      this.#observer.notForwarded(member, stream, '');
      return stream === 'away' ? 'away' : 'not-taken';
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      // It was that member's client, which has refused it and says so there.
      if (error.failure === 'reset') return 'reset';
      this.#observer.notForwarded(member, error.failure, error.message);
      return 'not-taken';
    }
  }

  #join(
    onward: Onward,
    { address: clientAddress, port: sourcePort }: ForwardedClient['client'],
    came: number,
    client: StreamSocket,
    { read }: ClientBeginning,
    stream: StreamSocket,
  ): void {
    this.#lastId += 1;
    const id = this.#lastId;
    const waited = elapsed(came, performance.now());
    const known = { ...onward, id, clientAddress, sourcePort, waited };
    confirmEnd(client);
    const pair = new Pair({
      client,
      server: stream,
      readOfClient: read,
      halfCloseTimeout: this.#halfCloseTimeout,
      onEnd: (report) => {
        this.#joined.delete(id);
        const lasted = elapsed(came, performance.now());
        this.#observer.forwarded(connection, { ...known, ...report, lasted });
        if (this.#joined.size === 0) this.#emptied();
      },
    });
    const connection: ForwardedConnection = {
      ...known,
      get lasted() {
        return elapsed(came, performance.now());
      },
      get bytesToServer() {
        return pair.bytesToServer;
      },
      get bytesToClient() {
        return pair.bytesToClient;
      },
    };
    this.#joined.set(id, { pair, connection });
    this.#observer.forwarding(connection);
  }
}

/** Undefined for one that was reset before it was accepted. */
function addressOf({
  remoteAddress,
  remotePort,
}: StreamSocket): ForwardedClient['client'] | undefined {
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return { address: plainAddress(remoteAddress), port: remotePort };
}
