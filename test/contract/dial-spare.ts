import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import type { DialledSpare, Endpoint } from '#src/data-plane/data-plane.ts';
import { lost } from '../support/lost.ts';
import { mutePort } from '../support/mute-port.ts';
import { traffic } from '../support/pairs.ts';
import { nowhere, station } from '../support/station.ts';
import { outcome, read } from '../support/tcp.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

const halfCloseTimeout = 30_000;
const MIB = 1024 * 1024;

const hello = '[SPARE] {"registration":1,"ticket":"0123456789abcdef"}\n';
const line = '[TAKEN] {"ticket":"fedcba9876543210","client":{"address":"192.0.2.1","port":1}}';
const preface = Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n');

/** Octets of the longest line. */
const LONGEST = 512;

/** Milliseconds in which a test passes that does not wait for a dial to time out. */
const AT_ONCE = 9000;

export function dialSpare(createPlane: PlaneUnderTest): void {
  function dial({ host, port }: { host: string; port: number }): DialledSpare {
    return createPlane().dialSpare({ relay: { host, port, hello } });
  }

  /** A spare at a relay, and the relay's end of it, which then is its client's. */
  async function parked(t: TestContext): Promise<{ spare: DialledSpare; client: Socket }> {
    const relay = await station(t);
    const spare = dial(relay);
    t.after(() => spare.cut());
    // A test may well end it before it asks.
    spare.taken.catch(() => {});
    const client = await relay.next();
    assert.equal(String(await read(client, hello.length)), hello);
    return { spare, client };
  }

  /** The same, taken, with what its client sent in one go with the line. */
  async function taken(t: TestContext, early: Uint8Array | string = '') {
    const { spare, client } = await parked(t);
    client.write(Buffer.concat([Buffer.from(`${line}\n`), Buffer.from(early)]));
    assert.equal(await spare.taken, line);
    return { spare, client };
  }

  function serve(spare: DialledSpare, target: Endpoint) {
    return spare.serve({ target, preface, halfCloseTimeout });
  }

  describe('a spare', () => {
    test('is joined with a target once it is taken', async (t) => {
      const { spare, client } = await taken(t);
      const target = await station(t);
      const pair = serve(spare, target);
      const service = await target.next();
      const [seen, served] = [outcome(client), outcome(service)];
      client.end('request');
      service.end('answer');
      assert.deepEqual(await seen, { data: Buffer.from('answer'), ending: 'eof' });
      assert.deepEqual(await served, { data: Buffer.from(`${preface}request`), ending: 'eof' });
      assert.deepEqual(traffic(await pair.ended), {
        bytesToServer: 7,
        bytesToClient: 6,
        ending: 'eof',
      });
      await pair.dialled;
    });

    test('gives the target what came with the line behind the preface, and counts it', async (t) => {
      const { spare, client } = await taken(t, 'early ');
      const target = await station(t, (socket) => socket.end('the service speaks first'));
      client.end('and late');
      const [seen, pair] = [outcome(client), serve(spare, target)];
      const served = await outcome(await target.next());
      assert.equal(String(served.data), `${preface}early and late`);
      assert.equal(String((await seen).data), 'the service speaks first');
      const report = { bytesToServer: 14, bytesToClient: 24, ending: 'eof' };
      assert.deepEqual(traffic(await pair.ended), report);
    });

    test('is taken by a line that comes byte by byte', async (t) => {
      const { spare, client } = await parked(t);
      client.setNoDelay();
      for (const byte of Buffer.from(`${line}\n`)) {
        await new Promise((sent) => client.write(Buffer.of(byte), sent));
      }
      assert.equal(await spare.taken, line);
    });

    for (const [when, early, late] of [
      ['in one go with its line', MIB, 0],
      ['when it is taken, but not served yet', 0, 8 * MIB],
      ['all the time', MIB, 8 * MIB],
    ] as const) {
      test(`passes on what its client sends ${when}`, async (t) => {
        const [first, second, answer] = [randomBytes(early), randomBytes(late), randomBytes(MIB)];
        const { spare, client } = await taken(t, first);
        client.end(second);
        await new Promise(setImmediate);
        const target = await station(t, (socket) => socket.end(answer));
        const [seen, pair] = [outcome(client), serve(spare, target)];
        const served = await outcome(await target.next());
        assert.ok(served.data.equals(Buffer.concat([preface, first, second])));
        assert.ok((await seen).data.equals(answer));
        const report = {
          bytesToServer: early + late,
          bytesToClient: MIB,
          ending: 'eof',
        };
        assert.deepEqual(traffic(await pair.ended), report);
      });
    }

    test('passes on the end of a client that came with its line', async (t) => {
      const { spare, client } = await parked(t);
      client.end(`${line}\nrequest`);
      assert.equal(await spare.taken, line);
      const target = await station(t);
      const [seen, pair] = [outcome(client), serve(spare, target)];
      const service = await target.next();
      const served = await outcome(service);
      assert.deepEqual(served, { data: Buffer.from(`${preface}request`), ending: 'eof' });
      service.end('answer');
      assert.deepEqual(await seen, { data: Buffer.from('answer'), ending: 'eof' });
      assert.equal((await pair.ended).ending, 'eof');
    });

    test('passes on the end of a client that said nothing', async (t) => {
      const { spare, client } = await taken(t);
      client.end();
      const target = await station(t);
      const [seen, pair] = [outcome(client), serve(spare, target)];
      const service = await target.next();
      assert.deepEqual(await outcome(service), { data: preface, ending: 'eof' });
      service.end('answer');
      assert.deepEqual(await seen, { data: Buffer.from('answer'), ending: 'eof' });
      const report = { bytesToServer: 0, bytesToClient: 6, ending: 'eof' };
      assert.deepEqual(traffic(await pair.ended), report);
    });

    test('passes on the end of a service, and goes on the other way', async (t) => {
      const { spare, client } = await taken(t, 'request');
      const target = await station(t, (socket) => socket.end('answer'));
      const [seen, pair] = [outcome(client), serve(spare, target)];
      const served = outcome(await target.next());
      assert.equal((await seen).ending, 'eof');
      client.end(' and more');
      assert.equal(String((await served).data), `${preface}request and more`);
      assert.equal((await pair.ended).ending, 'eof');
    });

    for (const [when, early] of [
      ['behind its line', ''],
      ['behind its first bytes', 'request'],
    ] as const) {
      test(`passes on the reset of a client that came ${when}`, async (t) => {
        const { spare, client } = await taken(t, early);
        client.resetAndDestroy();
        const target = await station(t);
        const pair = serve(spare, target);
        const served = target.next().then(outcome);
        assert.equal((await pair.ended).ending, 'client-reset');
        assert.equal((await served).ending, 'ECONNRESET');
      });
    }

    test('is bounded in the silence of its half-closed pair', async (t) => {
      const { spare, client } = await taken(t);
      const target = await station(t);
      const pair = spare.serve({ target, halfCloseTimeout: 20 });
      const service = await target.next();
      const seen = outcome(service);
      client.end();
      assert.equal((await pair.ended).ending, 'half-close-timeout');
      // The end of the client comes before.
      assert.equal((await seen).ending, 'eof');
    });

    test('is taken by the longest line', async (t) => {
      const { spare, client } = await parked(t);
      client.write(`${'a'.repeat(LONGEST)}\n`);
      assert.equal(await spare.taken, 'a'.repeat(LONGEST));
    });

    for (const [what, bytes] of [
      ['a line that is too long', `${'a'.repeat(LONGEST + 1)}\n`],
      ['more than a line without an end', 'a'.repeat(LONGEST + 1)],
      ['a stream that is no line', Buffer.alloc(MIB)],
    ] as const) {
      test(`is lost when ${what} comes`, async (t) => {
        const { spare, client } = await parked(t);
        const seen = outcome(client);
        client.write(bytes);
        await lost(spare, 'EPROTO');
        assert.equal((await seen).ending, 'ECONNRESET');
      });
    }

    test('is lost when the relay ends it before its line, or in it', async (t) => {
      for (const part of ['', line]) {
        const { spare, client } = await parked(t);
        const seen = outcome(client);
        client.end(part);
        await lost(spare, 'EOF');
        assert.equal((await seen).ending, 'ECONNRESET');
      }
    });

    test('is lost when the relay resets it before its line, or in it', async (t) => {
      for (const part of ['', line]) {
        const { spare, client } = await parked(t);
        if (part !== '') await new Promise((sent) => client.write(part, sent));
        client.resetAndDestroy();
        await lost(spare, 'ECONNRESET');
      }
    });

    test('is lost when the relay refuses it', async (t) => {
      await lost(dial(await nowhere(t)), 'ECONNREFUSED');
    });

    test('resets its client at once when the target refuses', async (t) => {
      const { spare, client } = await taken(t, 'request');
      const [seen, pair] = [outcome(client), serve(spare, await nowhere(t))];
      await assert.rejects(pair.ended, (error: Error & { side?: string }) => {
        assert.equal(error.side, 'target');
        assert.equal((error.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED');
        return true;
      });
      await pair.dialled;
      assert.deepEqual(await seen, { data: Buffer.alloc(0), ending: 'ECONNRESET' });
    });

    test('resets its client at once when the target has no address', async (t) => {
      const { spare, client } = await taken(t);
      const [seen, pair] = [outcome(client), serve(spare, { host: 'no.invalid', port: 1 })];
      await assert.rejects(pair.ended, (error: Error & { side?: string }) => {
        assert.equal(error.side, 'target');
        assert.equal((error.cause as NodeJS.ErrnoException).syscall, 'getaddrinfo');
        return true;
      });
      assert.equal((await seen).ending, 'ECONNRESET');
    });

    test('is given up when it is cut before the relay is there', {
      timeout: AT_ONCE,
    }, async (t) => {
      const spare = dial({ host: '127.0.0.1', port: await mutePort(t) });
      spare.cut();
      await lost(spare, 'ABORT_ERR');
    });

    test('is reset when it is cut while it waits', async (t) => {
      const { spare, client } = await parked(t);
      const seen = outcome(client);
      spare.cut();
      await lost(spare, 'ABORT_ERR');
      assert.equal((await seen).ending, 'ECONNRESET');
    });

    test('is reset when it is cut once it is taken', async (t) => {
      const { spare, client } = await taken(t);
      const seen = outcome(client);
      spare.cut();
      assert.equal((await seen).ending, 'ECONNRESET');
    });

    for (const [what, find] of [
      [
        'does not answer',
        async (t: TestContext) => ({ port: await mutePort(t), host: '127.0.0.1' }),
      ],
      ['is still looked up', async () => ({ port: 1, host: 'localhost' })],
    ] as const) {
      test(`is reset when it is cut while its target ${what}`, { timeout: AT_ONCE }, async (t) => {
        const { spare, client } = await taken(t);
        const [seen, pair] = [outcome(client), serve(spare, await find(t))];
        spare.cut();
        await assert.rejects(pair.ended, { side: 'target' });
        await pair.dialled;
        assert.equal((await seen).ending, 'ECONNRESET');
      });
    }

    test('is reset on both sides when it is cut once it is joined', async (t) => {
      for (const cut of ['spare', 'pair'] as const) {
        const { spare, client } = await taken(t, 'x');
        const target = await station(t);
        const pair = serve(spare, target);
        const service = await target.next();
        await read(service, preface.length + 1);
        const [seen, served] = [outcome(client), outcome(service)];
        (cut === 'spare' ? spare : pair).cut();
        assert.equal((await pair.ended).ending, 'cut');
        assert.equal((await seen).ending, 'ECONNRESET');
        assert.equal((await served).ending, 'ECONNRESET');
      }
    });

    test('is one of a hundred, each with its own client', async (t) => {
      const relay = await station(t);
      const target = await station(t, (socket) => socket.pipe(socket));
      const numbers = Array.from({ length: 100 }, (_, n) => n);
      const spares = numbers.map(() => dial(relay));
      const served = spares.map(async (spare) => {
        const name = await spare.taken;
        const { ended } = spare.serve({ target, preface: Buffer.from(name), halfCloseTimeout });
        return (await ended).bytesToServer;
      });
      const clients: Socket[] = [];
      for (const _ of numbers) clients.push(await relay.next());
      await Promise.all(clients.map((client) => read(client, hello.length)));
      const seen = clients.reverse().map(async (client, n) => {
        const answer = outcome(client);
        client.end(`client ${n}\nrequest ${n}`);
        return String((await answer).data);
      });
      assert.deepEqual(
        await Promise.all(seen),
        numbers.map((n) => `client ${n}request ${n}`),
      );
      const bytes = numbers.reduce((sum, n) => sum + `request ${n}`.length, 0);
      assert.equal(
        (await Promise.all(served)).reduce((a, b) => a + b),
        bytes,
      );
    });
  });
}
