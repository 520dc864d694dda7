import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connectTo, knock, outcome, read } from '../support/tcp.ts';
import { openTicketExchange, taken } from '../support/ticket-exchange.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

export function parking(createPlane: PlaneUnderTest): void {
  describe('a parked exchange', () => {
    test('resets who waits and who comes, and lets pairs run on', async (t) => {
      const { exchange, arrive, present, ended, refused } = await openTicketExchange(
        t,
        createPlane(),
      );
      const [paired, waiting] = [await arrive(), await arrive()];
      const server = await present(paired.ticket);
      server.write('x');
      await read(paired.client, 1);
      const seen = outcome(waiting.client);
      exchange.park(true);
      assert.equal((await seen).ending, 'ECONNRESET');
      assert.equal((await ended(1))[0]?.ending, 'target-failed');
      assert.equal(await knock(exchange.clientPort), 'ECONNRESET');
      assert.deepEqual(await refused(1), ['parked']);
      assert.equal(exchange.counters().refused.parked, 1);
      paired.client.write('on');
      assert.equal((await read(server, 2)).toString(), 'on');
    });

    test('lets clients in again when it is over', async (t) => {
      const { exchange, arrive, present, news } = await openTicketExchange(t, createPlane());
      exchange.park(true);
      assert.equal(await knock(exchange.clientPort), 'ECONNRESET');
      exchange.park(false);
      const { client, ticket } = await arrive();
      (await present(ticket)).write('x');
      await read(client, 1);
      assert.equal(news.length, 1);
    });

    test('keeps its spares, and gives them to nobody meanwhile', async (t) => {
      const { exchange, spare } = await openTicketExchange(t, createPlane());
      const server = await spare();
      exchange.park(true);
      assert.equal(await knock(exchange.clientPort), 'ECONNRESET');
      exchange.park(false);
      const client = await connectTo(t, exchange.clientPort);
      assert.equal((await taken(server)).client.port, client.localPort);
    });
  });
}
