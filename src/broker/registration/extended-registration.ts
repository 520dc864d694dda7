import { performance } from 'node:perf_hooks';
import type {
  ClientBeginning,
  ClientLimits,
  ClientToFetch,
  DataPlane,
  Exchange,
  StreamSocket,
} from '../../data-plane/data-plane.ts';
import { introductionOf } from '../../data-plane/switchboard/notices.ts';
import type { ProtocolError } from '../../protocol/error-codes.ts';
import { FAILURE_REASONS, formatError } from '../../protocol/extended.ts';
import type { LineBuffer } from '../../protocol/line-buffer.ts';
import { formatMessage } from '../../protocol/message.ts';
import { drawTicket } from '../../protocol/proof.ts';
import { keptBy } from '../access/limits.ts';
import type { ControlConnection } from '../control-connection.ts';
import { type Entrance, entranceOf } from '../entrance.ts';
import type {
  EmitBrokerEvent,
  Interruption,
  RegistrationEnding,
  RegistrationInfo,
} from '../events.ts';
import { ELSEWHERE, LAST_WORDS, REPLACED, SHUTDOWN } from '../last-words.ts';
import type { Lease } from '../leases/lease-file.ts';
import type { MuxSession } from '../mux-session.ts';
import type { OfferedService } from '../names/named-service.ts';
import type { Seat } from '../names/seat.ts';
import type { SharedPort } from '../names/shared-ports.ts';
import type { RegistrationState } from '../status.ts';
import { type AgentRequest, AgentSession, type SessionObserver } from './agent-session.ts';
import { formatRegistered, type Grant, type Terms } from './grant.ts';
import { KEY_SHARED, KeySharing } from './key-sharing.ts';
import type { Opening } from './opening.ts';
import { isLeft, type Registration, reporting } from './registration.ts';

/** Back-connects that an agent may keep here for clients that are yet to come. */
const MAX_SPARES = 64;

/**
 * `held`: without an agent, for the time of the lease; a new one is so too until its agent is
 * told, for which there is no time. `live`: an agent is here.
 */
type State =
  | { at: 'held'; expiry: NodeJS.Timeout | undefined; until?: Date }
  | { at: 'live'; session: AgentSession; mux: MuxSession | undefined }
  | { at: 'ended'; ending: RegistrationEnding };

/** An agent's registration, which outlives its control connections for the time of its lease. */
export class ExtendedRegistration implements Registration, OfferedService, SessionObserver {
  readonly exchange: Exchange;
  readonly ended: Promise<void>;
  readonly entrances: readonly Entrance[];
  readonly #share: SharedPort | undefined;
  readonly #terms: Terms;
  readonly #emit: EmitBrokerEvent;
  readonly #sharing = new KeySharing();
  readonly #failures = new Map(FAILURE_REASONS.map((reason) => [reason, 0]));
  #info: RegistrationInfo;
  #lease: Lease;
  #limits: ClientLimits;
  #seat: Seat | undefined;
  /** Whether an agent has its key, to come back with. */
  #isKnown: boolean;
  #state: State = { at: 'held', expiry: undefined };
  #isParked = false;
  #isDismissed = false;
  #resolveEnded: () => void = () => {};

  private constructor(
    { id, lease, settings, share, seat, isKnown, node, address }: Opening,
    exchange: Exchange,
    clientPort: number,
    terms: Terms,
    emit: EmitBrokerEvent,
  ) {
    const { name, group, token, secured } = lease;
    const { backConnectPort } = exchange;
    const ports = { clientPort, backConnectPort };
    this.#info = { id, protocol: 'extended', address, ...ports, name, group, token, secured, node };
    this.#lease = { ...lease, port: clientPort };
    this.#limits = settings.limits;
    this.exchange = exchange;
    this.#share = share;
    this.#seat = seat;
    this.#isKnown = isKnown;
    this.entrances = [share ?? entranceOf(exchange, 'clients', 'client')];
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#terms = terms;
    this.#emit = emit;
  }

  /** Opens it without an agent. Rejects with the system's error when the listeners cannot be opened. */
  static async open(
    opening: Opening,
    plane: DataPlane,
    terms: Terms,
    emit: EmitBrokerEvent,
  ): Promise<ExtendedRegistration> {
    const { settings, share, inherits } = opening;
    let registration: ExtendedRegistration;
    let exchange: Exchange | undefined;
    try {
      exchange = await plane.openExchange(settings, {
        ...reporting(emit, () => registration.info),
        notify: (text) => registration.#notify(text),
        ...(opening.lease.muxed && { fetch: (client) => registration.#fetch(client) }),
      });
      const port = (await share?.open()) ?? inherits ?? exchange.clientPort;
      registration = new ExtendedRegistration(opening, exchange, port, terms, emit);
    } catch (error) {
      share?.leave();
      await exchange?.stop();
      throw error;
    }
    share?.join(registration);
    return registration;
  }

  /** Its name may have been claimed anew since the last look. */
  get info(): RegistrationInfo {
    const { node, generation } = this.#info;
    const now = node === undefined ? undefined : this.#seat?.generation;
    if (now !== generation) this.#info = { ...this.#info, generation: now };
    return this.#info;
  }

  get lease(): Lease {
    return this.#lease;
  }

  /** How it ended, once it has. */
  get ending(): RegistrationEnding | undefined {
    return this.#state.at === 'ended' ? this.#state.ending : undefined;
  }

  /** Whether what it had is left to others, now that it has ended. Nobody could take what no agent knows the key of. */
  get isLeft(): boolean {
    return this.#isKnown && isLeft(this.ending);
  }

  get state(): RegistrationState {
    const { at } = this.#state;
    if (at === 'ended' || (at === 'held' && this.#isDismissed)) return 'draining';
    return at === 'live' && this.#isParked ? 'parked' : at;
  }

  get leaseEnds(): Date | undefined {
    return this.#state.at === 'held' ? this.#state.until : undefined;
  }

  get isAvailable(): boolean {
    return this.#state.at === 'live' && !this.#isParked;
  }

  get isOffered(): boolean {
    return this.isAvailable;
  }

  enter(client: StreamSocket, begun?: ClientBeginning): void {
    this.exchange.adoptClient(client, begun);
  }

  /** From when its agent is here, clients come by its name, too. That, or its end, may come before its name is claimed. */
  take(seat: Seat): void {
    this.#seat = seat;
    if (this.#state.at === 'ended') this.#giveUp(seat);
    else if (this.#state.at === 'live') seat.give(this);
  }

  /** Whether a newcomer with the key gets it. If not, the agent that is here is warned. */
  admits(address: string): boolean {
    if (this.#state.at !== 'live' || this.#sharing.mayReplace(performance.now())) return true;
    this.exchange.say(formatMessage('WARNING', KEY_SHARED));
    this.#emit('keyShared', this.#info, address);
    return false;
  }

  /** What its clients are held to from now on. */
  limit(limits: ClientLimits, requested: Lease['limits']): void {
    this.#limits = keptBy(this.exchange, limits);
    this.#lease = { ...this.#lease, limits: requested };
    this.exchange.limit(this.#limits);
  }

  /** Its agent is here, and is told so. Another one that may still be here has to go. */
  goLive(connection: ControlConnection, lines: LineBuffer, grant: Grant): void {
    this.#letGo(REPLACED);
    const { address, mux } = connection;
    this.#info = { ...this.#info, address };
    const heartbeat = this.#terms.heartbeat * 1000;
    const say = (line: string) => this.exchange.say(line);
    const session = new AgentSession(connection, lines, heartbeat, say, this);
    this.#state = { at: 'live', session, mux };
    // Whether its service is down is for the agent to say anew.
    if (this.#isParked) this.#park(false);
    const spares = { ticket: drawTicket(), most: mux === undefined ? MAX_SPARES : 0 };
    // On its way before the data plane, which may write past the stream, can announce the first client.
    connection.send(formatRegistered(this.#info, this.#terms, this.#limits, spares, grant));
    this.exchange.announce({ descriptor: connection.descriptor, spares });
    this.#isKnown = true;
    this.#seat?.give(this);
    if (grant.resumed) this.#emit('resumed', this.#info);
    session.start();
  }

  /** From now on the lease runs out, unless its agent comes back. */
  expire(): void {
    const lease = this.#terms.lease * 1000;
    const expiry = setTimeout(() => void this.end('lease-over'), lease);
    this.#state = { at: 'held', expiry, until: new Date(Date.now() + lease) };
    this.#seat?.give(this);
  }

  async dismiss(): Promise<void> {
    await Promise.all(this.entrances.map((entrance) => entrance.shut()));
    const isAwaited = this.#state.at === 'live' && this.exchange.counters().waiting > 0;
    if (!isAwaited) return this.end('shutdown');
    this.#isDismissed = true;
    // Behind the clients that it is yet to be told of.
    this.exchange.say(formatError(SHUTDOWN));
  }

  /** From now on clients that come by its name wait until another member of the fleet has it. Resolves when that may take it. */
  async leaveName(): Promise<void> {
    await this.#seat?.leave();
  }

  /** Its agent is told when the listeners are shut: what it asks for next may be this port. */
  end(ending: RegistrationEnding): Promise<void> {
    return this.#end(ending, LAST_WORDS[ending]);
  }

  /**
   * Another member of the fleet has it, or is to have it.
   *
   * @param to - that one, if it is known
   */
  endElsewhere(ending: 'moved' | 'claim-lost', to: string | undefined): Promise<void> {
    return this.#end(ending, { ...ELSEWHERE, to });
  }

  async #end(ending: RegistrationEnding, lastWord: ProtocolError | undefined): Promise<void> {
    const before = this.#state;
    if (before.at === 'ended') return;
    this.#state = { at: 'ended', ending };
    this.#share?.leave(this);
    if (this.#seat !== undefined) this.#giveUp(this.#seat);
    if (before.at === 'held') clearTimeout(before.expiry);
    await this.exchange.stop();
    if (before.at === 'live') before.session.end(lastWord);
    this.#resolveEnded();
    this.#emit('ended', this.#info, ending, this.exchange.counters());
  }

  interrupted(interruption: Interruption, error?: ProtocolError): void {
    if (this.#state.at !== 'live') return;
    this.#sharing.left();
    this.#letGo(error);
    if (this.#isDismissed) {
      this.#state = { at: 'held', expiry: undefined };
      return;
    }
    this.expire();
    this.#emit('held', this.#info, interruption, this.#terms.lease);
  }

  asked(request: AgentRequest): void {
    if (this.#state.at !== 'live') return;
    switch (request.word) {
      case 'FAILED': {
        const { ticket, reason } = request.body;
        const count = (this.#failures.get(reason) ?? 0) + 1;
        this.#failures.set(reason, count);
        this.exchange.fail(ticket);
        this.#emit('targetFailed', this.#info, reason, count);
        break;
      }
      case 'PARK':
        this.#park(true);
        this.#emit('parked', this.#info, request.body.reason);
        break;
      case 'UNPARK':
        this.#park(false);
        this.#emit('unparked', this.#info);
        break;
      case 'BYE':
        void this.end('bye');
    }
  }

  /**
   * Lets go of the agent that is here, or stops the lease from running out. The last word goes past
   * the data plane: what that may still be writing are whole lines, unless the agent reads none.
   */
  #letGo(lastWord?: ProtocolError): void {
    if (this.#state.at === 'held') clearTimeout(this.#state.expiry);
    if (this.#state.at !== 'live') return;
    this.exchange.hold();
    this.#state.session.end(lastWord);
  }

  #giveUp(seat: Seat): void {
    // Who loses the name meanwhile is told so besides.
    if (this.isLeft) seat.leave().catch(() => {});
    seat.release();
  }

  #park(parked: boolean): void {
    this.#isParked = parked;
    this.exchange.park(parked);
    this.#seat?.update();
  }

  /** Takes the client to its agent, which is told whose bytes follow. */
  #fetch(client: ClientToFetch): void {
    const stream = this.#state.at === 'live' ? this.#state.mux?.open() : undefined;
    if (stream === undefined) return;
    stream.write(introductionOf(client), 'latin1');
    this.exchange.adopt(stream, { word: 'TICKET', ticket: client.ticket }, NOTHING);
  }

  #notify(text: string): void {
    if (this.#state.at === 'live') this.#state.session.notify(text);
  }
}

const NOTHING = Buffer.alloc(0);
