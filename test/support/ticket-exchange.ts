import { on, once } from 'node:events';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { DataPlane, ExchangeSettings } from '#src/data-plane/data-plane.ts';
import { brokerWords } from '#src/protocol/extended.ts';
import { formatMessage, type Message, parseMessage } from '#src/protocol/message.ts';
import { openExchange, type TestExchange } from './exchange.ts';
import { connectTo } from './tcp.ts';

type New = Extract<Message<typeof brokerWords>, { word: 'NEW' }>['body'];

/** An exchange for a registrant of the extended protocol. */
export interface TicketExchange extends TestExchange {
  /** Resolves when so many `[NEW]` have come since it opened, and returns them. */
  announced(count: number): Promise<New[]>;
  /** A client that waits, with its ticket. */
  arrive(): Promise<{ client: Socket; ticket: string }>;
  /** A back-connect that sends its first line, and these bytes right behind it. */
  present(ticket: string, behind?: Uint8Array): Promise<Socket>;
}

export function ticketLine(ticket: string): string {
  return formatMessage('TICKET', { registration: 1, ticket });
}

export function spareLine(ticket: string): string {
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
    for (const line of lines) {
      const message = parseMessage(brokerWords, line);
      if (!('fault' in message) && message.word === 'NEW') news.push(message.body);
    }
    events.emit('news');
  });
  const announced = async (count: number) => {
    if (news.length >= count) return news;
    for await (const _ of on(events, 'news')) if (news.length >= count) break;
    return news;
  };
  return {
    ...opened,
    announced,
    async arrive() {
      const client = await connectTo(t, exchange.clientPort);
      const isIts = ({ client: { port } }: New) => port === client.localPort;
      for (;;) {
        const known = news.find(isIts);
        if (known !== undefined) return { client, ticket: known.ticket };
        await once(events, 'news');
      }
    },
    async present(ticket, behind = Buffer.alloc(0)) {
      const server = await connectTo(t, exchange.backConnectPort);
      server.write(Buffer.concat([Buffer.from(ticketLine(ticket)), behind]));
      return server;
    },
  };
}
