import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { DataPlane, ExchangeSettings } from '#src/data-plane/data-plane.ts';
import { brokerWords, spareWords } from '#src/protocol/extended.ts';
import { formatMessage, type Message, parseMessage } from '#src/protocol/message.ts';
import { openExchange, type TestExchange } from './exchange.ts';
import { connectTo, read } from './tcp.ts';
import { until } from './until.ts';

export type New = Extract<Message<typeof brokerWords>, { word: 'NEW' }>['body'];

/** A client that waits, and how its registrant was told. */
export interface Arrival {
  client: Socket;
  ticket: string;
}

/** An exchange whose back-connects have a first line. */
export interface TicketExchange extends TestExchange {
  /** All `[NEW]` so far. */
  news: New[];
  /** Resolves when so many `[NEW]` have come since it opened, and returns them. */
  announced(count: number): Promise<New[]>;
  /** A client that has been announced. */
  arrive(localAddress?: string): Promise<Arrival>;
  /** A back-connect that sends these bytes. */
  say(bytes: string | Uint8Array, localAddress?: string): Promise<Socket>;
  /** A back-connect with a ticket, and bytes right behind it. */
  present(ticket: string, behind?: Uint8Array): Promise<Socket>;
  /** A back-connect that is parked. */
  spare(ticket?: string): Promise<Socket>;
}

/** The ticket for spares that an exchange is announced with. */
export const SPARE_TICKET = 'spareTicket-spareTicket';
export const MOST_SPARES = 8;

export function ticketLine(ticket: string): string {
  return formatMessage('TICKET', { registration: 1, ticket });
}

export function spareLine(ticket = SPARE_TICKET): string {
  return formatMessage('SPARE', { registration: 1, ticket });
}

export async function openTicketExchange(
  t: TestContext,
  plane: DataPlane,
  settings: Partial<ExchangeSettings> = {},
): Promise<TicketExchange> {
  const opened = await openExchange(t, plane, { ...settings, pairing: 'ticket' });
  const { exchange, events } = opened;
  const news: New[] = [];
  let unfinished = '';
  events.on('notify', (text: string) => {
    const lines = `${unfinished}${text}`.split('\n');
    unfinished = lines.pop() ?? '';
    news.push(...newsIn(lines));
    events.emit('news');
  });
  exchange.announce(ANNOUNCEMENT);

  const announced = async (count: number) => {
    while (news.length < count) await once(events, 'news');
    return news;
  };
  const say = async (bytes: string | Uint8Array, localAddress?: string) => {
    const socket = await connectTo(t, exchange.backConnectPort, addressed(localAddress));
    socket.write(bytes);
    return socket;
  };
  return {
    ...opened,
    news,
    announced,
    async arrive(localAddress) {
      const client = await connectTo(t, exchange.clientPort, addressed(localAddress));
      for (;;) {
        const told = news.find(({ client: { port } }) => port === client.localPort);
        if (told !== undefined) return { client, ticket: told.ticket };
        await once(events, 'news');
      }
    },
    say,
    present: (ticket, behind = Buffer.alloc(0)) =>
      say(Buffer.concat([Buffer.from(ticketLine(ticket)), behind])),
    async spare(ticket) {
      const { spares } = exchange.counters();
      const socket = await say(spareLine(ticket));
      await until(() => exchange.counters().spares > spares);
      return socket;
    },
  };
}

/** Without a descriptor: `notify` gets the lines. */
export const ANNOUNCEMENT = {
  descriptor: undefined,
  spares: { ticket: SPARE_TICKET, most: MOST_SPARES },
};

/** The `[NEW]` among some lines. */
export function newsIn(lines: string[]): New[] {
  const messages = lines.map((line) => parseMessage(brokerWords, line));
  return messages.flatMap((message) =>
    'word' in message && message.word === 'NEW' ? [message.body] : [],
  );
}

/** What a spare is told when it is taken. */
export async function taken(spare: Socket): Promise<New> {
  let line = '';
  while (!line.endsWith('\n')) line += (await read(spare, 1)).toString();
  const message = parseMessage(spareWords, line.slice(0, -1));
  if ('fault' in message) throw new Error(`not taken: ${line}`);
  return message.body;
}

function addressed(localAddress: string | undefined): { localAddress?: string } {
  return localAddress === undefined ? {} : { localAddress };
}
