import type { Socket } from 'node:net';
import type { DescriptorBudget } from '../data-plane/descriptor-budget.ts';
import type { Dial } from '../data-plane/portable/sockets.ts';
import type { LinkAddress } from '../directory/member.ts';
import { YamuxSession } from '../yamux/session.ts';
import type { YamuxStream } from '../yamux/stream.ts';
import { dialMember } from './dial-member.ts';
import { LinkError } from './links.ts';
import { ASKING } from './session-settings.ts';

export interface OpenedStream {
  stream: YamuxStream;
  /** Whether its connection takes more of them. */
  isLive(): boolean;
  /** Its connection is no good any more: what is on it finishes, and the next stream is on another. */
  retire(): void;
}

/** A connection to a member, dialled when it is first needed, kept while it is good, and dialled anew when it is lost. */
export class Outgoing {
  readonly #address: LinkAddress;
  readonly #self: string;
  readonly #budget: DescriptorBudget;
  /** What new streams are opened on. */
  #current: Promise<YamuxSession> | undefined;
  /** All there are, of which some may be ending, and when each is closed. */
  readonly #sessions = new Map<YamuxSession, Promise<unknown>>();
  readonly #dials = new Set<Dial>();
  #hasLeft = false;

  /** @param self - name of the member that dials */
  constructor(address: LinkAddress, self: string, budget: DescriptorBudget) {
    this.#address = address;
    this.#self = self;
    this.#budget = budget;
  }

  get isDialled(): boolean {
    return this.#sessions.size > 0;
  }

  /** Nothing is there, or under way. */
  get isIdle(): boolean {
    return this.#current === undefined && !this.isDialled;
  }

  isTo({ host, port, key }: LinkAddress): boolean {
    const own = this.#address;
    return host === own.host && port === own.port && key === own.key;
  }

  /** Opens a stream. Rejects with a {@link LinkError}. */
  async open(): Promise<OpenedStream> {
    if (this.#hasLeft) throw new LinkError('closed', LEAVING);
    const current = this.#current ?? this.#begin();
    const session = await current;
    const stream = session.open();
    if (stream === undefined) throw new LinkError('lost', OVER);
    return {
      stream,
      isLive: () => this.#current === current,
      retire: () => {
        this.#forget(current);
        session.leave();
      },
    };
  }

  /** No streams any more. Resolves when the last one is over. */
  async leave(): Promise<void> {
    this.#hasLeft = true;
    for (const { abort } of this.#dials) abort();
    for (const session of this.#sessions.keys()) session.leave();
    await Promise.all(this.#sessions.values());
  }

  cut(): void {
    for (const { abort } of this.#dials) abort();
    for (const session of this.#sessions.keys()) session.destroy();
  }

  #begin(): Promise<YamuxSession> {
    const current = this.#connect(() => this.#forget(current));
    this.#current = current;
    return current;
  }

  #forget(current: Promise<YamuxSession>): void {
    if (this.#current === current) this.#current = undefined;
  }

  /** @param over - called when there is no connection, or it takes no more streams */
  async #connect(over: () => void): Promise<YamuxSession> {
    try {
      const socket = await this.#dial();
      const closed = new Promise((resolve) => socket.once('close', resolve));
      const session = new YamuxSession(socket, ASKING, { opened: () => {}, declined: over, over });
      this.#sessions.set(session, closed);
      void closed.then(() => {
        this.#sessions.delete(session);
        over();
      });
      if (this.#hasLeft) session.leave();
      return session;
    } catch (error) {
      over();
      throw error;
    }
  }

  async #dial(): Promise<Socket> {
    if (!this.#budget.take(1)) throw new LinkError('descriptors', NO_DESCRIPTORS);
    const dial = dialMember(this.#address, this.#self);
    this.#dials.add(dial);
    try {
      const socket = await dial.connected;
      socket.once('close', () => this.#budget.give(1));
      return socket;
    } catch (error) {
      this.#budget.give(1);
      throw error;
    } finally {
      this.#dials.delete(dial);
    }
  }
}

const OVER = 'The connection to that broker has just ended. Try again.';
const LEAVING = 'This broker is about to end, and dials no others any more.';
const NO_DESCRIPTORS =
  'No file descriptors are left for a connection to another broker (see ulimit -n).';
