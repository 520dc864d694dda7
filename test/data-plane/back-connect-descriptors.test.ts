import { once } from 'node:events';
import type { Socket } from 'node:net';
import { after, describe, type TestContext, test } from 'node:test';
import type { BackConnectHello, ClientBeginning } from '#src/data-plane/data-plane.ts';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import { drawTicket } from '#src/protocol/proof.ts';
import type { YamuxStream } from '#src/yamux/stream.ts';
import { atTheDoor } from '../support/at-the-door.ts';
import { leavesNoDescriptor } from '../support/descriptors.ts';
import { planeWith } from '../support/planes.ts';
import { connectTo, read } from '../support/tcp.ts';
import {
  ANNOUNCEMENT,
  MOST_SPARES,
  openTicketExchange,
  SPARE_TICKET,
  spareLine,
  type TicketExchange,
  taken,
  ticketLine,
} from '../support/ticket-exchange.ts';
import { until } from '../support/until.ts';
import { open, streamPair } from '../support/yamux.ts';

type Way = (opened: TicketExchange, t: TestContext) => Promise<Socket[]>;

/** What may become of clients and back-connects. Each returns its own ends, closed or about to be. */
const WAYS: Record<string, Way> = {
  async 'strangers that leave'({ say }) {
    const strangers = [await say('[T'), await say('[T'), await say('[T')];
    for (const [n, stranger] of strangers.entries()) {
      stranger[n === 0 ? 'end' : n === 1 ? 'destroy' : 'resetAndDestroy']();
    }
    return strangers;
  },
  async 'strangers that are closed'({ say }) {
    const lines = ['garbage\n', ticketLine(drawTicket()), spareLine(drawTicket())];
    return Promise.all(lines.map((line) => say(line)));
  },
  async 'pairs that end well, fail and are reset'(opened) {
    const [well, failed, reset] = [await pair(opened), await pair(opened), await pair(opened)];
    well.client.end();
    well.server.end();
    opened.exchange.fail(failed.ticket);
    reset.server.resetAndDestroy();
    return [well, failed, reset].flatMap(({ client, server }) => [client, server]);
  },
  async 'clients that fail, and those that are reset for a park'({ exchange, arrive }) {
    const [failed, parked] = [await arrive(), await arrive()];
    exchange.fail(failed.ticket);
    exchange.park(true);
    await until(() => exchange.counters().waiting === 0);
    exchange.park(false);
    return [failed.client, parked.client];
  },
  async 'spares that speak, end or are too many'({ exchange, say, spare }) {
    const [speaking, ending] = [await spare(), await spare()];
    speaking.write('x');
    ending.end();
    await until(() => exchange.counters().spares === 0);
    const sockets = [speaking, ending];
    for (let n = 0; n < MOST_SPARES; n += 1) sockets.push(await spare());
    sockets.push(await say(spareLine()));
    await until(() => exchange.counters().refused.spare % 3 === 0);
    exchange.hold();
    exchange.announce(ANNOUNCEMENT);
    await until(() => exchange.counters().spares === 0);
    return sockets;
  },
  async 'spares that are taken'({ exchange, spare }, t) {
    const server = await spare();
    const client = await connectTo(t, exchange.clientPort);
    await taken(server);
    client.destroy();
    server.destroy();
    return [client, server];
  },
  async 'back-connects by another door'(opened, t) {
    const { exchange, arrive } = opened;
    const { client, ticket } = await arrive();
    const hellos: BackConnectHello[] = [
      { word: 'TICKET', ticket },
      { word: 'TICKET', ticket: drawTicket() },
      { word: 'SPARE', ticket: SPARE_TICKET },
    ];
    const sockets = [client];
    for (const hello of hellos) {
      const { near, far } = await atTheDoor(t);
      exchange.adopt(near, hello, Buffer.from(hello.word === 'TICKET' ? 'x' : ''));
      sockets.push(far);
    }
    await read(client, 1);
    client.resetAndDestroy();
    await until(() => exchange.counters().spares === 1);
    sockets.at(-1)?.destroy();
    await until(() => exchange.counters().spares === 0);
    return sockets;
  },
  async 'clients by another door'({ exchange, events, present, news, records, ended }, t) {
    const [seen, over] = [news.length, records.length];
    const enter = async (begun?: ClientBeginning) => {
      const { near, far } = await atTheDoor(t);
      const waiting = once(events, 'clientWaiting');
      exchange.adoptClient(near, begun);
      await waiting;
      return far;
    };
    const request = Buffer.from('request');
    const sockets = [
      await enter({ read: request, greeting: 'hello\n' }),
      await enter(),
      await enter(),
    ];
    await until(() => news.length === seen + sockets.length);
    const [served, failed, left] = news.slice(seen);
    const server = await present(served?.ticket ?? '');
    await read(server, request.length);
    server.resetAndDestroy();
    exchange.fail(failed?.ticket ?? '');
    sockets[2]?.destroy();
    const late = await present(left?.ticket ?? '');
    late.end();
    await ended(over + sockets.length);
    exchange.park(true);
    const { near, far } = await atTheDoor(t);
    const refused = once(events, 'clientRefused');
    exchange.adoptClient(near);
    await refused;
    exchange.park(false);
    return [...sockets, server, late, far];
  },
  async 'clients that come as streams'({ exchange, present, news, ended, records }, t) {
    const [seen, over] = [news.length, records.length];
    const { client, server, near, far } = await streamPair(t);
    const begun = { read: Buffer.from('request'), greeting: '' };
    const enter = async (stream: YamuxStream) => {
      const { length } = news;
      exchange.adoptClient(stream, begun);
      await until(() => news.length > length);
      return news.at(-1)?.ticket ?? '';
    };
    const [well, failed] = [await enter(near), await enter(open(client))];
    const [left, reset] = [await enter(open(client)), await enter(open(client))];
    const sockets = [await present(well), await present(reset)];
    for (const socket of sockets) await read(socket, begun.read.length);
    far.end();
    sockets[0]?.end();
    sockets[1]?.resetAndDestroy();
    exchange.fail(failed);
    client.session.destroy();
    server.session.destroy();
    sockets.push(await present(left));
    await ended(over + news.length - seen);
    exchange.adoptClient(far, begun);
    return sockets;
  },
};

for (const name of ['linux', 'portable'] as const) {
  describe(`descriptors of the ${name} data plane`, () => {
    const budget = new DescriptorBudget(1000);
    const plane = planeWith(name, budget);
    after(() => plane.close());

    for (const [what, way] of Object.entries(WAYS)) {
      test(`none is left of ${what}`, async (t) => {
        const opened = await openTicketExchange(t, plane);
        await leavesNoDescriptor(budget, () => way(opened, t));
      });
    }
  });
}

async function pair({ arrive, present }: TicketExchange) {
  const { client, ticket } = await arrive();
  const server = await present(ticket, Buffer.from('x'));
  await read(client, 1);
  return { client, server, ticket };
}
