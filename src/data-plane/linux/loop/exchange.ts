import type {
  ClientLimits,
  ListenerDescriptors,
  ListenerSide,
  PairReport,
} from '../../data-plane.ts';
import { DeadlineQueue } from '../../deadline-queue.ts';
import { BACKLOG, SPARE_KEEP_ALIVE_SECONDS } from '../../limits.ts';
import { SharedCounters } from '../../shared-counters.ts';
import { Switchboard, type SwitchboardAnnouncement } from '../../switchboard/switchboard.ts';
import type { Beginning, Joined, Wires } from '../../switchboard/wires.ts';
import type { Bound, OpenSettings } from '../messages.ts';
import {
  AGAIN,
  close,
  inheritListener,
  isEstablished,
  type KeepAlive,
  keepAlive,
  listen,
  receive,
  reset,
  send,
} from '../system-calls.ts';
import { Acceptor } from './acceptor.ts';
import type { Announcer } from './announcer.ts';
import { Connection } from './connection.ts';
import { exchangeEvents } from './exchange-events.ts';
import type { Timed } from './loop.ts';
import { Pair } from './pair.ts';
import type { Relay } from './relay.ts';

/** An agent that vanished is noticed after some 25 seconds. */
const SPARE_KEEP_ALIVE: KeepAlive = { idle: SPARE_KEEP_ALIVE_SECONDS, interval: 5, count: 3 };

const oneByte = new Uint8Array(1);

/** One registration's listeners and connections, as descriptors of this thread. */
export class LinuxExchange implements Timed {
  readonly board: Switchboard<Connection>;
  readonly #id: number;
  readonly #relay: Relay;
  readonly #counters: SharedCounters;
  readonly #onFinished: () => void;
  readonly #acceptors: Record<ListenerSide, Acceptor | undefined>;
  readonly #halfClosed: DeadlineQueue<Pair>;
  /** Pairs that must not stay silent, by what the limit was when they were joined. */
  readonly #silent = new Set<DeadlineQueue<Pair>>();
  #idle: DeadlineQueue<Pair> | undefined;
  #announcer: Announcer | undefined;
  #isStopped = false;

  /** Throws the system's error and leaves nothing open. */
  constructor(
    id: number,
    settings: OpenSettings,
    memory: SharedArrayBuffer,
    relay: Relay,
    onFinished: () => void,
  ) {
    this.#id = id;
    this.#relay = relay;
    this.#counters = new SharedCounters(memory);
    this.#onFinished = onFinished;
    this.#halfClosed = new DeadlineQueue(settings.halfCloseTimeout);
    this.#boundSilence(settings.limits.idle);

    const { clients, backConnects } = listeners(settings);
    this.#acceptors = {
      clients: clients && this.#acceptClients(clients),
      backConnects: backConnects && this.#acceptBackConnects(backConnects),
    };
    const events = exchangeEvents(id, relay.outbox);
    this.board = new Switchboard(settings, this.#wires(), relay.budget, this.#counters, events);
  }

  /** Undefined where there is none. */
  get clients(): Bound | undefined {
    return this.#acceptors.clients?.bound;
  }

  get backConnects(): Bound | undefined {
    return this.#acceptors.backConnects?.bound;
  }

  start(): void {
    if (this.#isStopped) return;
    this.#relay.loop.addTimed(this);
    this.#acceptors.backConnects?.start();
    this.#acceptors.clients?.start();
  }

  /** See {@link Exchange.shut}. */
  shut(side: ListenerSide): void {
    this.#acceptors[side]?.close();
    this.#relay.outbox.tell(['shut', this.#id]);
  }

  /** See {@link Exchange.acceptFrom}. Throws the system's error, with nothing taken. */
  acceptFrom({ clients, backConnects }: ListenerDescriptors): void {
    if (backConnects !== undefined) {
      const acceptor = this.#acceptBackConnects(inheritListener(backConnects, BACKLOG));
      this.#replace('backConnects', acceptor);
    }
    if (clients !== undefined) {
      this.#replace('clients', this.#acceptClients(inheritListener(clients, BACKLOG)));
    }
  }

  announce(announcer: Announcer, announcement: SwitchboardAnnouncement): void {
    this.#announcer?.end();
    this.#announcer = announcer;
    if (this.#isStopped) announcer.end();
    else this.board.announce(announcement);
  }

  hold(): void {
    this.board.hold();
    this.#announcer?.end();
    this.#announcer = undefined;
  }

  limit(limits: ClientLimits): void {
    this.#boundSilence(limits.idle);
    this.board.limit(limits);
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#announcer?.end();
    this.#acceptors.clients?.close();
    this.#acceptors.backConnects?.close();
    this.board.stop();
    this.#relay.outbox.tell(['stopped', this.#id]);
    this.#finishIfDone();
  }

  tick(now: number): number {
    for (const pair of this.#halfClosed.expire(now)) pair.cut('half-close-timeout');
    let next = Math.min(this.board.tick(now), this.#halfClosed.nextDeadline);
    for (const queue of this.#silent) {
      for (const pair of queue.expire(now)) pair.cut('idle');
      next = Math.min(next, queue.nextDeadline);
    }
    for (const acceptor of Object.values(this.#acceptors)) {
      if (acceptor !== undefined) next = Math.min(next, acceptor.tick(now));
    }
    return next;
  }

  #acceptClients(listener: Bound): Acceptor {
    return new Acceptor(this.#relay, listener, {
      admit: () => this.#admit(),
      noConnection: () => this.board.unreserve(),
      connection: (descriptor, address, port) => {
        const connection = new Connection(descriptor);
        if (this.board.admit(connection, address)) {
          this.board.clientArrived(connection, address, port);
        }
      },
    });
  }

  #acceptBackConnects(listener: Bound): Acceptor {
    return new Acceptor(this.#relay, listener, {
      // Its descriptors were put aside when the client came.
      admit: () => true,
      noConnection: () => {},
      connection: (descriptor, address) =>
        this.board.backConnectArrived(new Connection(descriptor), address),
    });
  }

  #replace(side: ListenerSide, acceptor: Acceptor): void {
    this.#acceptors[side]?.close();
    this.#acceptors[side] = acceptor;
    if (this.#isStopped) acceptor.close();
    else acceptor.start();
  }

  #boundSilence(timeout: number | undefined): void {
    for (const queue of this.#silent) if (queue.size === 0) this.#silent.delete(queue);
    this.#idle = timeout === undefined ? undefined : new DeadlineQueue(timeout);
    if (this.#idle !== undefined) this.#silent.add(this.#idle);
  }

  #admit(): boolean {
    const { outbox } = this.#relay;
    if (outbox.isBacklogged) return false;
    if (this.board.reserve()) return true;
    outbox.warn('accept');
    return false;
  }

  #wires(): Wires<Connection> {
    const { loop } = this.#relay;
    const backConnectPort = () => this.backConnects?.port ?? 0;
    const shut = (how: (descriptor: number) => void) => (connection: Connection) => {
      connection.leave();
      loop.forget(connection.descriptor);
      how(connection.descriptor);
    };
    return {
      get now() {
        return loop.now;
      },
      get backConnectPort() {
        return backConnectPort();
      },
      wakeAt: (moment) => loop.tickAt(moment),
      // Work that is left over may still be done in this turn: those that came are read in the next.
      afterReading: (act) => loop.later({ proceed: () => loop.later({ proceed: act }) }),
      say: (line) => this.#announcer?.say(line),
      fetch: undefined,
      listen: (connection, ear) => connection.listen(loop, ear),
      keepAlive: ({ descriptor }) => keepAlive(descriptor, SPARE_KEEP_ALIVE),
      take: ({ descriptor }, line, maySpeak) =>
        (maySpeak ? isEstablished(descriptor) : isSilent(descriptor)) && sendLine(descriptor, line),
      join: (client, server, begun, onEnd) => this.#join(client, server, begun, onEnd),
      close: shut(close),
      reset: shut(reset),
    };
  }

  #join(
    client: Connection,
    server: Connection,
    { greeting, read, readOfServer }: Beginning,
    onEnd: (report: PairReport) => void,
  ): Joined {
    const pair = new Pair(this.#relay, client.descriptor, server.descriptor, {
      halfClosed: this.#halfClosed,
      idle: this.#idle,
      moved: (_, toServer, count) =>
        this.#counters.add(toServer ? 'bytesToServer' : 'bytesToClient', count),
      pairEnded: ({ bytesToServer, bytesToClient, firstEnd }, ending) => {
        onEnd({ bytesToServer, bytesToClient, ending, firstEnd });
        this.#finishIfDone();
      },
    });
    server.leave();
    const [toServer, toClient] = pair.flows;
    toServer.prefill(read, true);
    toClient.prefill(Buffer.from(greeting, 'latin1'), false);
    toClient.prefill(readOfServer, true);
    pair.takeOver(client.seen, server.seen);
    return pair;
  }

  #finishIfDone(): void {
    if (!this.board.isFinished) return;
    this.#relay.loop.removeTimed(this);
    this.#relay.outbox.tell(['finished', this.#id]);
    this.#onFinished();
  }
}

/** Those that are asked for; all of them, or the system's error is thrown. */
function listeners({ address, clientPort, backConnectPort }: OpenSettings): {
  clients: Bound | undefined;
  backConnects: Bound | undefined;
} {
  const on = (port: number | undefined) =>
    port === undefined ? undefined : listen({ address, port }, BACKLOG);
  const backConnects = on(backConnectPort);
  try {
    return { clients: on(clientPort), backConnects };
  } catch (error) {
    if (backConnects !== undefined) close(backConnects.descriptor);
    throw error;
  }
}

/** Whether a spare has said nothing, and is still there, as far as the kernel knows. */
function isSilent(descriptor: number): boolean {
  return receive(descriptor, oneByte) === AGAIN;
}

/** An idle connection takes a line whole, or is gone. */
function sendLine(descriptor: number, line: string): boolean {
  if (line === '') return true;
  const bytes = Buffer.from(line, 'latin1');
  return send(descriptor, bytes, bytes.length) === bytes.length;
}
