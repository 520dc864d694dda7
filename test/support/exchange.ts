import { EventEmitter, on, once } from 'node:events';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type {
  BackConnectRefusal,
  ClientLimits,
  ClientRefusal,
  ConnectionRecord,
  DataPlane,
  Exchange,
  ExchangeObserver,
  ExchangeSettings,
} from '#src/data-plane/data-plane.ts';
import { connectTo } from './tcp.ts';

/** An exchange under test, what it reported so far, and the two ends of its connections. */
export interface TestExchange {
  exchange: Exchange;
  events: EventEmitter;
  records: ConnectionRecord[];
  /** Why clients and back-connects were refused so far, and from where they came. */
  refusals: [cause: ClientRefusal | BackConnectRefusal, address: string][];
  /** Connects a client and waits until the exchange reports it waiting. */
  client(): Promise<Socket>;
  backConnect(localAddress?: string): Promise<Socket>;
  /** A client and its back-connect, paired. */
  pair(): Promise<{ client: Socket; server: Socket }>;
  /** Resolves when so many connections have ended, and returns their records. */
  ended(count: number): Promise<ConnectionRecord[]>;
  /** Resolves when so many have been refused, and returns why. */
  refused(count: number): Promise<string[]>;
}

/** No bounds that a test could meet. */
export const LIMITS: ClientLimits = { allow: [], deny: [], clients: 10_000, waiting: 10_000 };

export const SETTINGS: ExchangeSettings = {
  host: '127.0.0.1',
  clientPort: 0,
  backConnectPort: 0,
  pairing: 'order',
  backConnectFrom: undefined,
  limits: LIMITS,
  pairTimeout: 30_000,
  halfCloseTimeout: 30_000,
};

/** For tests that do not ask what an exchange reports. */
export const DEAF: ExchangeObserver = {
  notify: () => {},
  clientWaiting: () => {},
  clientPaired: () => {},
  clientEnded: () => {},
  clientRefused: () => {},
  backConnectRefused: () => {},
};

export async function openExchange(
  t: TestContext,
  plane: DataPlane,
  settings: Partial<ExchangeSettings> = {},
): Promise<TestExchange> {
  const events = new EventEmitter();
  events.setMaxListeners(0);
  const records: ConnectionRecord[] = [];
  const refusals: TestExchange['refusals'] = [];
  const exchange = await plane.openExchange(
    { ...SETTINGS, ...settings },
    {
      notify: (text) => events.emit('notify', text),
      clientWaiting: (client) => events.emit('clientWaiting', client),
      clientPaired: (client) => events.emit('clientPaired', client),
      clientEnded: (record) => {
        records.push(record);
        events.emit('clientEnded', record);
      },
      clientRefused: (...refusal) => {
        refusals.push(refusal);
        events.emit('clientRefused', ...refusal);
        events.emit('refused');
      },
      backConnectRefused: (...refusal) => {
        refusals.push(refusal);
        events.emit('backConnectRefused', ...refusal);
        events.emit('refused');
      },
    },
  );
  exchange.announce({ descriptor: undefined });
  t.after(async () => {
    await exchange.stop();
    exchange.cut('drain');
    await exchange.finished;
  });

  const client = async () => {
    const waiting = once(events, 'clientWaiting');
    const socket = await connectTo(t, exchange.clientPort);
    await waiting;
    return socket;
  };
  const backConnect = (localAddress?: string) =>
    connectTo(t, exchange.backConnectPort, localAddress === undefined ? {} : { localAddress });
  return {
    exchange,
    events,
    records,
    refusals,
    client,
    backConnect,
    async pair() {
      const waiter = await client();
      const paired = once(events, 'clientPaired');
      const server = await backConnect();
      await paired;
      return { client: waiter, server };
    },
    async ended(count) {
      if (records.length >= count) return records;
      for await (const _ of on(events, 'clientEnded')) if (records.length >= count) break;
      return records;
    },
    async refused(count) {
      while (refusals.length < count) await once(events, 'refused');
      return refusals.map(([cause]) => cause);
    },
  };
}
