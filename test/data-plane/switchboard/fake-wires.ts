import assert from 'node:assert/strict';
import type { ConnectionRecord, ExchangeCounters, PairReport } from '#src/data-plane/data-plane.ts';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import { SharedCounters } from '#src/data-plane/shared-counters.ts';
import { Switchboard, type SwitchboardSettings } from '#src/data-plane/switchboard/switchboard.ts';
import type { Beginning, Ear, Joined, Wires } from '#src/data-plane/switchboard/wires.ts';
import { LIMITS } from '../../support/exchange.ts';
import { type New, newsIn } from '../../support/ticket-exchange.ts';

/** A connection that is none: what became of it. */
export class FakeConnection {
  state: 'open' | 'closed' | 'reset' | 'joined' = 'open';
  ear: Ear | undefined;
  /** Whether lines can be sent to it. */
  writable = true;
  sent = '';
  /** What was counted when it was closed or reset, which is when the peer knows. */
  counted: ExchangeCounters | undefined;

  /** What the peer says, while somebody listens. */
  hear(text: string): void {
    if (this.state === 'open') this.ear?.heard(Buffer.from(text, 'latin1'));
  }

  leave(): void {
    if (this.state === 'open') this.ear?.gone();
  }
}

/** A pair of them. */
export class FakePair implements Joined {
  bytesToServer = 0;
  bytesToClient = 0;
  readonly client: FakeConnection;
  readonly server: FakeConnection;
  readonly read: string;
  readonly begun: Beginning;
  readonly #onEnd: (report: PairReport) => void;
  isOver = false;

  constructor(
    client: FakeConnection,
    server: FakeConnection,
    begun: Beginning,
    onEnd: (report: PairReport) => void,
  ) {
    this.client = client;
    this.server = server;
    this.begun = begun;
    this.read = Buffer.from(begun.readOfServer).toString('latin1');
    this.#onEnd = onEnd;
  }

  cut(ending: Parameters<Joined['cut']>[0]): void {
    this.end(ending);
  }

  end(ending: PairReport['ending']): void {
    if (this.isOver) return;
    this.isOver = true;
    const { bytesToServer, bytesToClient } = this;
    this.#onEnd({ bytesToServer, bytesToClient, ending, firstEnd: undefined });
  }
}

/** A switchboard without sockets, a clock that is set, and all that comes of it. */
export class FakeExchange {
  now = 0;
  wakeAt = Number.POSITIVE_INFINITY;
  /** Whether connections can be listened to. */
  canListen = true;
  readonly lines: string[] = [];
  readonly pairs: FakePair[] = [];
  readonly records: ConnectionRecord[] = [];
  readonly refusals: string[] = [];
  readonly budget: DescriptorBudget;
  readonly counters = new SharedCounters();
  readonly board: Switchboard<FakeConnection>;
  readonly #afterReading: (() => void)[] = [];

  constructor(settings: Partial<SwitchboardSettings> = {}, descriptors = 10_000) {
    this.budget = new DescriptorBudget(descriptors);
    this.board = new Switchboard(
      {
        pairing: 'ticket',
        backConnectFrom: undefined,
        limits: LIMITS,
        pairTimeout: 1000,
        ...settings,
      },
      this.#wires(),
      this.budget,
      this.counters,
      {
        clientWaiting: () => {},
        clientPaired: () => {},
        clientEnded: (record) => this.records.push(record),
        clientRefused: (cause) => this.refusals.push(cause),
        backConnectRefused: (cause) => this.refusals.push(cause),
      },
    );
  }

  get news(): New[] {
    return newsIn(this.lines.map((line) => line.slice(0, -1)));
  }

  /** A client, let in or reset; undefined when no descriptors are left for one. */
  client(address = '192.0.2.1', port = 1): FakeConnection | undefined {
    const connection = new FakeConnection();
    if (!this.board.reserve()) return undefined;
    if (this.board.admit(connection, address)) this.board.clientArrived(connection, address, port);
    return connection;
  }

  backConnect(address = '192.0.2.9'): FakeConnection {
    const connection = new FakeConnection();
    this.board.backConnectArrived(connection, address);
    return connection;
  }

  /** Time passes. */
  pass(milliseconds: number): void {
    this.now += milliseconds;
    if (this.wakeAt <= this.now) this.wakeAt = this.board.tick(this.now);
  }

  /** All that has come has been read. */
  turn(): void {
    for (const act of this.#afterReading.splice(0)) act();
  }

  #wires(): Wires<FakeConnection> {
    const shut = (state: 'closed' | 'reset') => (connection: FakeConnection) => {
      assert.equal(connection.state, 'open', `${state} once, and by who has it`);
      connection.state = state;
      connection.counted = this.counters.read();
    };
    const now = () => this.now;
    return {
      get now() {
        return now();
      },
      backConnectPort: 4000,
      wakeAt: (moment) => {
        this.wakeAt = Math.min(this.wakeAt, moment);
      },
      afterReading: (act) => this.#afterReading.push(act),
      say: (line) => this.lines.push(line),
      fetch: undefined,
      listen: (connection, ear) => {
        if (!this.canListen) return false;
        connection.ear = ear;
        ear.ready();
        return true;
      },
      keepAlive: () => {},
      take: (connection, line) => {
        assert.equal(connection.state, 'open');
        connection.sent += line;
        return connection.writable;
      },
      join: (client, server, begun, onEnd) => {
        for (const connection of [client, server]) {
          assert.equal(connection.state, 'open', 'joined once');
          connection.state = 'joined';
        }
        const pair = new FakePair(client, server, begun, onEnd);
        this.pairs.push(pair);
        return pair;
      },
      close: shut('closed'),
      reset: shut('reset'),
    };
  }
}
