import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { DialledPair, Endpoint } from '#src/data-plane/data-plane.ts';
import { mutePort } from '../support/mute-port.ts';
import { traffic } from '../support/pairs.ts';
import { nowhere, type Station, station } from '../support/station.ts';
import { connectTo, outcome, read, serve } from '../support/tcp.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

const halfCloseTimeout = 30_000;
const MIB = 1024 * 1024;

const hello = '[TICKET] {"registration":1,"ticket":"0123456789abcdef"}\n';
const preface = Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n');

/** Milliseconds in which a test passes that does not wait for a dial to time out. */
const AT_ONCE = 9000;

export function dialHello(createPlane: PlaneUnderTest): void {
  function dial(relay: { host: string; port: number }, target: Endpoint): DialledPair {
    const { host, port } = relay;
    const request = { relay: { host, port, hello }, target, preface, halfCloseTimeout };
    return createPlane().dialPair(request);
  }

  /** Both ends of a pair, as they arrive. */
  async function dialled(relay: Station, target: Station) {
    const pair = dial(relay, target);
    const [client, service] = await Promise.all([relay.next(), target.next()]);
    return { pair, client, service };
  }

  describe('a dialled pair with a hello and a preface', () => {
    test('sends each first, and counts neither', async (t) => {
      const { pair, client, service } = await dialled(await station(t), await station(t));
      const [seen, served] = [outcome(client), outcome(service)];
      client.end('request');
      service.end('answer');
      assert.deepEqual(await seen, { data: Buffer.from(`${hello}answer`), ending: 'eof' });
      assert.deepEqual(await served, { data: Buffer.from(`${preface}request`), ending: 'eof' });
      assert.deepEqual(traffic(await pair.ended), {
        bytesToServer: 7,
        bytesToClient: 6,
        ending: 'eof',
      });
    });

    test('sends them before anything else, also to who speaks first', async (t) => {
      const relay = await station(t, (socket) => socket.end('from the client'));
      const target = await station(t, (socket) => socket.end('from the service'));
      const { pair, client, service } = await dialled(relay, target);
      const [seen, served] = await Promise.all([outcome(client), outcome(service)]);
      assert.deepEqual(seen, { data: Buffer.from(`${hello}from the service`), ending: 'eof' });
      assert.deepEqual(served, { data: Buffer.from(`${preface}from the client`), ending: 'eof' });
      assert.equal((await pair.ended).ending, 'eof');
    });

    test('sends them, though nobody says anything', async (t) => {
      const { pair, client, service } = await dialled(await station(t), await station(t));
      assert.equal(String(await read(client, hello.length)), hello);
      assert.deepEqual(await read(service, preface.length), preface);
      pair.cut();
      assert.equal((await pair.ended).ending, 'cut');
    });

    test('passes a stream behind them each way', async (t) => {
      const { pair, client, service } = await dialled(await station(t), await station(t));
      const [request, answer] = [randomBytes(MIB), randomBytes(MIB)];
      const [seen, served] = [outcome(client), outcome(service)];
      client.end(request);
      service.end(answer);
      assert.ok((await seen).data.equals(Buffer.concat([Buffer.from(hello), answer])));
      assert.ok((await served).data.equals(Buffer.concat([preface, request])));
      const report = { bytesToServer: MIB, bytesToClient: MIB, ending: 'eof' };
      assert.deepEqual(traffic(await pair.ended), report);
    });

    test('sends a preface that exceeds what a slow service takes at once', async (t) => {
      const [relay, target] = [await station(t), await station(t)];
      const long = randomBytes(16 * MIB);
      const { host, port } = relay;
      const pair = createPlane().dialPair({
        relay: { host, port, hello },
        target,
        preface: long,
        halfCloseTimeout,
      });
      const [client, service] = await Promise.all([relay.next(), target.next()]);
      client.end('request');
      await read(client, hello.length);
      const served = outcome(service);
      service.end();
      assert.ok((await served).data.equals(Buffer.concat([long, Buffer.from('request')])));
      assert.equal((await pair.ended).bytesToServer, 7);
    });

    test('sends the preface to a unix socket', async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'relay-'));
      t.after(() => rm(folder, { recursive: true }));
      const path = join(folder, 'service.sock');
      await serve(t, (socket) => socket.pipe(socket), { path });
      const relay = await station(t);
      const pair = dial(relay, { path });
      const client = await relay.next();
      const seen = outcome(client);
      client.end('request');
      assert.equal(String((await seen).data), `${hello}${preface}request`);
      const report = {
        bytesToServer: 7,
        bytesToClient: preface.length + 7,
        ending: 'eof',
      };
      assert.deepEqual(traffic(await pair.ended), report);
    });

    test('says nothing to the relay when the target refuses', async (t) => {
      const relay = await silentRelay(t);
      const pair = dial(relay, await nowhere(t));
      await assert.rejects(pair.ended, (error: Error & { side?: string }) => {
        assert.equal(error.side, 'target');
        assert.equal((error.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED');
        return true;
      });
      await pair.dialled;
      assert.equal(await relay.heard(), '');
    });

    test('says nothing to the relay when the target has no address', async (t) => {
      const relay = await silentRelay(t);
      const pair = dial(relay, { host: 'no.invalid', port: 1 });
      await assert.rejects(pair.ended, { side: 'target' });
      assert.equal(await relay.heard(), '');
    });

    test('fails at once when the target does, though the relay does not answer', {
      timeout: AT_ONCE,
    }, async (t) => {
      const pair = dial({ host: '127.0.0.1', port: await mutePort(t) }, await nowhere(t));
      await assert.rejects(pair.ended, { side: 'target' });
    });

    test('fails at once when the relay does, though the target does not answer', {
      timeout: AT_ONCE,
    }, async (t) => {
      const pair = dial(await nowhere(t), { host: '127.0.0.1', port: await mutePort(t) });
      await assert.rejects(pair.ended, { side: 'relay' });
    });

    test('resets the target when the relay refuses', async (t) => {
      const target = await station(t);
      const pair = dial(await nowhere(t), target);
      const served = target.next().then(outcome);
      await assert.rejects(pair.ended, { side: 'relay' });
      assert.deepEqual(await served, { data: Buffer.alloc(0), ending: 'ECONNRESET' });
    });

    test('says nothing to the relay when it is cut before the target is there', {
      timeout: AT_ONCE,
    }, async (t) => {
      const relay = await station(t);
      const pair = dial(relay, { host: '127.0.0.1', port: await mutePort(t) });
      const client = await relay.next();
      const seen = outcome(client);
      pair.cut();
      await assert.rejects(pair.ended, isGivenUp);
      assert.equal((await seen).data.length, 0);
    });

    test('passes on a reset that came before its hello could be sent', async (t) => {
      const relay = await station(t, (socket) => socket.resetAndDestroy());
      const target = await station(t);
      const pair = dial(relay, target);
      const served = target.next().then(outcome);
      const ending = await pair.ended.then(
        (report) => report.ending,
        (error) => error.side,
      );
      // Such a reset may be there before the connection is reported.
      assert.ok(ending === 'client-reset' || ending === 'relay', ending);
      assert.equal((await served).ending, 'ECONNRESET');
    });
  });
}

function isGivenUp(error: Error): boolean {
  assert.equal((error.cause as NodeJS.ErrnoException).code, 'ABORT_ERR');
  return true;
}

/** A relay that nobody should say anything to. */
async function silentRelay(t: TestContext): Promise<Station & { heard(): Promise<string> }> {
  const outcomes: ReturnType<typeof outcome>[] = [];
  const relay = await station(t, (socket) => outcomes.push(outcome(socket)));
  const heard = async () => {
    // Who came before one of our own has been let in when that is.
    const own = await connectTo(t, relay.port);
    while ((await relay.next()).remotePort !== own.localPort);
    own.destroy();
    return (await Promise.all(outcomes)).map(({ data }) => String(data)).join('');
  };
  return { ...relay, heard };
}
