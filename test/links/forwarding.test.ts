import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { after, describe, type TestContext, test } from 'node:test';
import type { ClientBeginning, ExchangeSettings } from '#src/data-plane/data-plane.ts';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import { type ForwardedConnection, Forwarding, type ForwardRecord } from '#src/links/forwarding.ts';
import type { ForwardRefusal } from '#src/links/links.ts';
import { atTheDoor } from '../support/at-the-door.ts';
import { leavesNoDescriptor } from '../support/descriptors.ts';
import { LIMITS } from '../support/exchange.ts';
import { at, TestFleet } from '../support/fleet-links.ts';
import { planeWith } from '../support/planes.ts';
import { tappedProxy } from '../support/tapped-proxy.ts';
import { outcome, read } from '../support/tcp.ts';
import { openTicketExchange } from '../support/ticket-exchange.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const NOTHING = { read: new Uint8Array(0), greeting: '' };

/** More than sockets and streams hold on the way, by far. */
const MUCH = 32 * MIB;

for (const name of ['portable', 'linux'] as const) {
  describe(`a client that is forwarded to the ${name} data plane`, () => {
    const budget = new DescriptorBudget(1000);
    const plane = planeWith(name, budget);
    after(() => plane.close());

    /** A member with clients, and another one with the service that they want. */
    async function open(t: TestContext, settings: Partial<ExchangeSettings> = {}) {
      const fleet = new TestFleet(t);
      const opened = await openTicketExchange(t, plane, settings);
      const host: { refusal?: ForwardRefusal } = {};
      const near = await fleet.join('near:1');
      const far = await fleet.join('far:1', {
        serve: ({ client, greeting }) =>
          host.refusal ??
          ((stream) => opened.exchange.adoptClient(stream, { ...NOTHING, greeting, client })),
      });
      const to = { member: far.member };
      const now = new Set<ForwardedConnection>();
      const reports: ForwardRecord[] = [];
      const failures: string[] = [];
      const forwarding = new Forwarding(near.links, 30_000, {
        forwarding: (connection) => now.add(connection),
        forwarded: (connection, record) => {
          now.delete(connection);
          reports.push(record);
        },
        notForwarded: (_, why) => failures.push(why),
      });
      const forward = async (begun?: ClientBeginning) => {
        const both = await atTheDoor(t);
        const passage = await forwarding.forward(to.member, 'blog', both.near, begun);
        return { ...both, passage };
      };
      /** A client, and the server that it is joined with. */
      const join = async (begun?: ClientBeginning) => {
        const { length } = opened.news;
        const { far: client } = await forward(begun);
        await until(() => opened.news.length > length);
        const told = opened.news.at(-1);
        const paired = once(opened.events, 'clientPaired');
        const server = await opened.present(told?.ticket ?? '');
        await paired;
        return { client, told, server };
      };
      /** How it ended at either member. */
      const endings = async (count = 1) => {
        await opened.ended(count);
        await until(() => reports.length >= count);
        return [opened.records.at(-1)?.ending, reports.at(-1)?.ending];
      };
      const all = { ...opened, forwarding, forward, join, endings, now, reports, failures };
      return { ...all, host, to, near, far };
    }

    test('is known by its own address, and nothing of what it said is lost', async (t) => {
      const { join, reports, endings, records } = await open(t);
      const read = Buffer.from('request ');
      const { client, told, server } = await join({ read, greeting: 'CONNECTED\n' });
      assert.deepEqual(told?.client, { address: '127.0.0.1', port: client.localPort });
      const sent = randomBytes(MIB);
      const received = outcome(server);
      client.end(sent);
      assert.deepEqual((await received).data, Buffer.concat([read, sent]));
      server.end(sent);
      const { data } = await outcome(client);
      assert.deepEqual(data, Buffer.concat([Buffer.from('CONNECTED\n'), sent]));
      assert.deepEqual(await endings(), ['eof', 'eof']);
      const [record, report] = [records[0], reports[0]];
      assert.equal(record?.sourcePort, told?.client.port);
      assert.deepEqual([record?.bytesToServer, record?.bytesToClient], [MIB + 8, MIB]);
      assert.deepEqual([report?.bytesToServer, report?.bytesToClient], [MIB + 8, MIB + 10]);
      assert.deepEqual(
        [report?.member, report?.name, report?.firstEnd],
        ['far:1', 'blog', 'client'],
      );
      assert.deepEqual(
        [report?.clientAddress, report?.sourcePort],
        Object.values(told?.client ?? {}),
      );
      const { waited = -1, lasted = -1 } = report ?? {};
      assert.ok(waited >= 0 && lasted >= waited);
    });

    test('brings along the address that it has from elsewhere', async (t) => {
      const { join } = await open(t);
      const client = { address: '2001:db8::7', port: 4711 };
      const { told } = await join({ read: Buffer.alloc(0), greeting: '', client });
      assert.deepEqual(told?.client, client);
    });

    test('may end first, or second', async (t) => {
      const { join, endings, reports } = await open(t);
      for (const [n, first] of (['client', 'server'] as const).entries()) {
        const { client, server } = await join();
        const [one, other] = first === 'client' ? [client, server] : [server, client];
        one.end('last words');
        assert.equal((await outcome(other)).data.toString(), 'last words');
        const got = outcome(one);
        other.write('an answer, ');
        other.end('much later');
        assert.deepEqual(await got, { data: Buffer.from('an answer, much later'), ending: 'eof' });
        assert.deepEqual(await endings(n + 1), ['eof', 'eof']);
        assert.equal(reports[n]?.firstEnd, first);
      }
    });

    test('that is reset is so for the server too, and the other way round', async (t) => {
      const { join, endings } = await open(t);
      const first = await join();
      const atServer = outcome(first.server);
      first.client.write('x');
      await until(() => first.server.bytesRead > 0);
      first.client.resetAndDestroy();
      assert.equal((await atServer).ending, 'ECONNRESET');
      assert.deepEqual(await endings(1), ['client-reset', 'client-reset']);
      const second = await join();
      const atClient = outcome(second.client);
      second.server.write('x');
      await until(() => second.client.bytesRead > 0);
      second.server.resetAndDestroy();
      assert.equal((await atClient).ending, 'ECONNRESET');
      assert.deepEqual(await endings(2), ['server-reset', 'server-reset']);
    });

    test('and does not read stops its server, and nobody else', async (t) => {
      const { join, exchange, now } = await open(t);
      const stuck = await join();
      const [held] = now;
      stuck.server.write(Buffer.alloc(MUCH));
      const other = await join();
      const sent = randomBytes(MIB);
      const received = outcome(other.client);
      other.server.end(sent);
      assert.deepEqual((await received).data, sent);
      // What the buffers of the kernel and a window hold, not all that is on offer.
      assert.ok(exchange.counters().bytesToClient - sent.length < 24 * MIB);
      assert.ok((held?.bytesToClient ?? MUCH) < 16 * MIB);
      const all = outcome(stuck.client);
      stuck.server.end();
      assert.equal((await all).data.length, MUCH);
    });

    test('is reset at both ends when the link breaks', async (t) => {
      const { join, endings, to } = await open(t);
      const proxy = await tappedProxy(t, to.member.link.port);
      to.member = at(to.member, { port: proxy.port });
      const { client, server } = await join();
      const got = [outcome(client), outcome(server)];
      client.write('x');
      await until(() => server.bytesRead > 0);
      assert.equal(proxy.cut(), 1);
      for (const { ending } of await Promise.all(got)) assert.equal(ending, 'ECONNRESET');
      assert.deepEqual(await endings(), ['client-reset', 'server-reset']);
    });

    test('is reset at both ends when it is cut', async (t) => {
      const { join, endings, forwarding } = await open(t);
      const { client, server } = await join();
      const got = [outcome(client), outcome(server)];
      client.write('x');
      await until(() => server.bytesRead > 0);
      const finished = forwarding.finished();
      assert.equal(forwarding.size, 1);
      forwarding.cut('drain');
      for (const { ending } of await Promise.all(got)) assert.equal(ending, 'ECONNRESET');
      assert.deepEqual(await endings(), ['client-reset', 'drain']);
      await finished;
    });

    test('is listed while it is there, and can be ended from here', async (t) => {
      const { join, endings, forwarding } = await open(t);
      const { client, server } = await join();
      const kept = await join();
      client.write('x');
      await until(() => forwarding.connections()[0]?.bytesToServer === 1);
      const [first, second] = forwarding.connections();
      assert.deepEqual([first?.id, first?.name, first?.member], [1, 'blog', 'far:1']);
      assert.equal(first?.sourcePort, client.localPort);
      assert.equal(second?.sourcePort, kept.client.localPort);
      const got = [outcome(client), outcome(server)];
      assert.equal(forwarding.cut('kicked', 3), false);
      assert.equal(forwarding.cut('kicked', 1), true);
      for (const { ending } of await Promise.all(got)) assert.equal(ending, 'ECONNRESET');
      assert.deepEqual(await endings(), ['client-reset', 'kicked']);
      assert.deepEqual(
        forwarding.connections().map(({ id }) => id),
        [2],
      );
    });

    test('is held to the limits that its own address is held to', async (t) => {
      const limits = { ...LIMITS, deny: ['192.0.2.0/24'] };
      const { forward, refused, refusals, failures } = await open(t, { limits });
      const client = { address: '192.0.2.7', port: 1 };
      const { far, passage } = await forward({ read: Buffer.alloc(0), greeting: '', client });
      assert.equal(passage, 'taken');
      assert.equal((await outcome(far)).ending, 'ECONNRESET');
      await refused(1);
      assert.deepEqual(refusals, [['denied', '192.0.2.7']]);
      assert.deepEqual(failures, []);
    });

    test('is as it was where the other member does not take it', async (t) => {
      const { forward, failures, host, far, near } = await open(t);
      const refused: Socket[] = [];
      for (const refusal of ['not-here', 'away'] as const) {
        host.refusal = refusal;
        const { near: socket, far: client, passage } = await forward();
        assert.equal(passage, refusal === 'away' ? 'away' : 'not-taken');
        client.write('still here');
        refused.push(socket);
      }
      far.links.cut();
      await far.links.close();
      await until(() => !near.links.isDialled('far:1'));
      const { near: socket, far: client, passage } = await forward();
      assert.equal(passage, 'not-taken');
      client.write('still here');
      for (const there of [...refused, socket]) {
        assert.equal((await read(there, 10)).toString(), 'still here');
      }
      assert.deepEqual(failures.slice(0, 2), ['not-here', 'away']);
      assert.match(failures[2] ?? '', /unreachable|lost|untrusted/);
    });

    test('leaves no descriptor, however it ends', async (t) => {
      const { join, forward, host, exchange, ended, records } = await open(t);
      await leavesNoDescriptor(budget, async () => {
        const before = records.length;
        const [well, reset, broken] = [await join(), await join(), await join()];
        well.client.end();
        well.server.end();
        reset.client.resetAndDestroy();
        broken.server.resetAndDestroy();
        host.refusal = 'away';
        const refused = await forward();
        delete host.refusal;
        refused.near.destroy();
        await ended(before + 3);
        await until(() => exchange.counters().paired === 0);
        const joined = [well, reset, broken].flatMap(({ client, server }) => [client, server]);
        return [...joined, refused.far];
      });
    });
  });
}
