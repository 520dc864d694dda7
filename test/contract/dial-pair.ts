import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { traffic } from '../support/pairs.ts';
import { nowhere } from '../support/station.ts';
import { outcome, read, serve } from '../support/tcp.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

const halfCloseTimeout = 30_000;

export function dialPair(createPlane: PlaneUnderTest): void {
  describe('a dialled pair', () => {
    test('joins relay and target with half-close and reports the bytes', async (t) => {
      const relay = await serve(t, () => {});
      const target = await serve(t, (socket) => socket.pipe(socket));
      const arrived = once(relay, 'connection');
      const pair = createPlane().dialPair({
        relay: { host: '127.0.0.1', port: relay.port },
        target: { host: '127.0.0.1', port: target.port },
        halfCloseTimeout,
      });
      const [client] = (await arrived) as [Socket];
      const echoed = outcome(client);
      client.end('hello');
      assert.deepEqual(await echoed, { data: Buffer.from('hello'), ending: 'eof' });
      assert.deepEqual(traffic(await pair.ended), {
        bytesToServer: 5,
        bytesToClient: 5,
        ending: 'eof',
      });
    });

    test('tells what it has moved before it ends', async (t) => {
      const relay = await serve(t, () => {});
      const target = await serve(t, (socket) => socket.once('data', () => socket.write('xy')));
      const arrived = once(relay, 'connection');
      const pair = createPlane().dialPair({
        relay: { host: '127.0.0.1', port: relay.port },
        target: { host: '127.0.0.1', port: target.port },
        halfCloseTimeout,
      });
      assert.deepEqual(pair.moved(), { bytesToServer: 0, bytesToClient: 0 });
      const [client] = (await arrived) as [Socket];
      client.write('hello');
      await read(client, 2);
      assert.deepEqual(pair.moved(), { bytesToServer: 5, bytesToClient: 2 });
      client.resetAndDestroy();
      assert.equal((await pair.ended).ending, 'client-reset');
    });

    test('reaches a unix socket', async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'relay-'));
      t.after(() => rm(folder, { recursive: true }));
      const path = join(folder, 'service.sock');
      await serve(t, (socket) => socket.end('from the socket'), { path });
      const relay = await serve(t, () => {});
      const arrived = once(relay, 'connection');
      const pair = createPlane().dialPair({
        relay: { host: '127.0.0.1', port: relay.port },
        target: { path },
        halfCloseTimeout,
      });
      const [client] = (await arrived) as [Socket];
      assert.equal((await outcome(client)).data.toString(), 'from the socket');
      client.end();
      assert.equal((await pair.ended).ending, 'eof');
    });

    test('a reset of the client ends a unix socket too', async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'relay-'));
      t.after(() => rm(folder, { recursive: true }));
      const path = join(folder, 'service.sock');
      const target = await serve(t, (socket) => socket.write('x'), { path });
      const relay = await serve(t, () => {});
      const arrived = Promise.all([once(relay, 'connection'), once(target, 'connection')]);
      const pair = createPlane().dialPair({
        relay: { host: '127.0.0.1', port: relay.port },
        target: { path },
        halfCloseTimeout,
      });
      const [[client], [service]] = (await arrived) as [[Socket], [Socket]];
      await read(client, 1);
      client.resetAndDestroy();
      await outcome(service);
      assert.equal((await pair.ended).ending, 'client-reset');
    });

    test('resets the relay side at once when the target refuses', async (t) => {
      const relay = await serve(t, () => {});
      const closed = await nowhere(t);
      const arrived = once(relay, 'connection').then(([client]) => outcome(client));
      const dialling = createPlane().dialPair({
        relay: { host: '127.0.0.1', port: relay.port },
        target: { host: '127.0.0.1', port: closed.port },
        halfCloseTimeout,
      });
      await assert.rejects(dialling.ended, (error: Error & { side?: string }) => {
        assert.equal(error.side, 'target');
        assert.equal((error.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED');
        return true;
      });
      assert.equal((await arrived).ending, 'ECONNRESET');
    });

    test('resets the target side when the relay refuses', async (t) => {
      const closed = await nowhere(t);
      const target = await serve(t, () => {});
      const arrived = once(target, 'connection').then(([service]) => outcome(service));
      const dialling = createPlane().dialPair({
        relay: { host: '127.0.0.1', port: closed.port },
        target: { host: '127.0.0.1', port: target.port },
        halfCloseTimeout,
      });
      await assert.rejects(dialling.ended, { side: 'relay' });
      assert.equal((await arrived).ending, 'ECONNRESET');
    });

    for (const [what, target, code] of [
      ['a unix socket that is not there', { path: '/nowhere/service.sock' }, /^ENOENT$/],
      ['a name that has no address', { host: 'no.invalid', port: 1 }, /^(ENOTFOUND|EAI_AGAIN)$/],
    ] as const) {
      test(`resets the relay side when its target is ${what}`, async (t) => {
        const relay = await serve(t, () => {});
        const arrived = once(relay, 'connection').then(([client]) => outcome(client));
        const dialling = createPlane().dialPair({
          relay: { host: '127.0.0.1', port: relay.port },
          target,
          halfCloseTimeout,
        });
        await assert.rejects(dialling.ended, (error: Error & { side?: string }) => {
          assert.equal(error.side, 'target');
          assert.match((error.cause as NodeJS.ErrnoException).code ?? '', code);
          return true;
        });
        await dialling.dialled;
        assert.equal((await arrived).ending, 'ECONNRESET');
      });
    }

    test('passes on an end that came before its target was there', async (t) => {
      const relay = await serve(t, (socket) => socket.end());
      const answer = (socket: Socket) => socket.on('end', () => socket.end('answer')).resume();
      const target = await serve(t, answer, { host: '::' });
      const arrived = once(relay, 'connection').then(([client]) => outcome(client));
      // A name, since looking it up takes longer than connecting to the relay.
      const pair = createPlane().dialPair({
        relay: { host: '127.0.0.1', port: relay.port },
        target: { host: 'localhost', port: target.port },
        halfCloseTimeout,
      });
      assert.deepEqual(await arrived, { data: Buffer.from('answer'), ending: 'eof' });
      assert.deepEqual(traffic(await pair.ended), {
        bytesToServer: 0,
        bytesToClient: 6,
        ending: 'eof',
      });
    });

    test('is given up when it is cut before it is there', async (t) => {
      const relay = await serve(t, (socket) => socket.resume());
      const target = await serve(t, (socket) => socket.resume());
      const pair = createPlane().dialPair({
        relay: { host: '127.0.0.1', port: relay.port },
        target: { host: '127.0.0.1', port: target.port },
        halfCloseTimeout,
      });
      pair.cut();
      await assert.rejects(pair.ended, (error: Error) => {
        assert.equal((error.cause as NodeJS.ErrnoException).code, 'ABORT_ERR');
        return true;
      });
      await pair.dialled;
    });

    test('is reset on both sides when cut', async (t) => {
      const relay = await serve(t, (socket) => socket.write('x'));
      const target = await serve(t, () => {});
      const arrived = once(target, 'connection');
      const pair = createPlane().dialPair({
        relay: { host: '127.0.0.1', port: relay.port },
        target: { host: '127.0.0.1', port: target.port },
        halfCloseTimeout,
      });
      const [service] = (await arrived) as [Socket];
      await read(service, 1);
      const seen = outcome(service);
      pair.cut();
      assert.equal((await seen).ending, 'ECONNRESET');
      assert.equal((await pair.ended).ending, 'cut');
    });
  });
}
