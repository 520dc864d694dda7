import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { connectByName } from 'relay-broker';
import { fakeNames } from '../support/fake-names.ts';
import { nowhere } from '../support/station.ts';
import { outcome, serve } from '../support/tcp.ts';

describe('connectByName', () => {
  test('asks for the name, and hands over all that follows the answer', async (t) => {
    let asked = '';
    const relay = await fakeNames(t, (name, socket) => {
      asked = name;
      socket.end('CONNECTED\nhello');
    });
    const socket = await connectByName({ name: 'Blog, in Zürich', via: relay.via });
    assert.deepEqual(await outcome(socket), { data: Buffer.from('hello'), ending: 'eof' });
    assert.equal(asked, 'Blog, in Zürich');
    socket.end();
  });

  test('gives a connection of which each direction ends by itself', async (t) => {
    const relay = await fakeNames(t, async (_, socket) => {
      socket.write('CONNECTED\n');
      const said = outcome(socket);
      socket.resume();
      socket.end(`you said ${(await said).data}`);
    });
    const socket = await connectByName({ name: 'blog', via: relay.via });
    const heard = outcome(socket);
    socket.end('bye');
    assert.equal((await heard).data.toString(), 'you said bye');
  });

  test('reads lines that come octet by octet', async (t) => {
    const relay = await serve(t, async (socket) => {
      socket.setNoDelay();
      for (const octet of 'CLIENT\r\nCONNECTED\r\n!') {
        socket.write(octet);
        await turn();
      }
      socket.end();
    });
    const socket = await connectByName({ name: 'blog', via: `127.0.0.1:${relay.port}` });
    assert.equal((await outcome(socket)).data.toString(), '!');
    socket.end();
  });

  for (const [refusal, says] of [
    ['NOEXIST', /knows no service "blog"/],
    ['OFFLINE', /"blog" is not connected to the relay/],
  ] as const) {
    test(`rejects with E_REFUSED for ${refusal}`, async (t) => {
      const relay = await fakeNames(t, (_, socket) => socket.end(`${refusal}\n`));
      const connecting = connectByName({ name: 'blog', via: relay.via });
      await assert.rejects(connecting, { code: 'E_REFUSED', refusal, message: says });
    });
  }

  for (const [what, says] of [
    ['greets otherwise', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['greets as the other port does', 'SERVER\n'],
    ['never ends its line', 'C'.repeat(100_000)],
    ['answers otherwise', 'CLIENT\nCOME IN\n'],
    ['leaves at once', ''],
  ] as const) {
    test(`rejects with E_NOT_A_RELAY for what ${what}`, async (t) => {
      const impostor = await serve(t, (socket) => socket.end(says));
      const connecting = connectByName({ name: 'blog', via: `127.0.0.1:${impostor.port}` });
      await assert.rejects(connecting, { code: 'E_NOT_A_RELAY' });
    });
  }

  test('rejects with E_RELAY_LOST when the relay goes away over the name', async (t) => {
    const relay = await fakeNames(t, (_, socket) => socket.resetAndDestroy());
    const connecting = connectByName({ name: 'blog', via: relay.via });
    await assert.rejects(connecting, { code: 'E_RELAY_LOST', message: /connection reset/ });
  });

  for (const [what, greeting, patience, code] of [
    ['greeting', '', 5000, 'E_NOT_A_RELAY'],
    ['answer', 'CLIENT\n', 30_000, 'E_RELAY_LOST'],
  ] as const) {
    test(`gives up after ${patience / 1000} s without ${what}, and leaves nothing open`, async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const relay = await serve(t, (socket) => socket.write(`${greeting}half a line`));
      const arrived = once(relay, 'connection');
      const failing = assert.rejects(
        connectByName({ name: 'blog', via: `127.0.0.1:${relay.port}` }),
        { code, message: /no answer in time/ },
      );
      const [socket] = (await arrived) as [Socket];
      const over = outcome(socket);
      // What waits is there a few turns after the relay's end is, or when the name has come.
      if (greeting !== '') await once(socket, 'data');
      else for (let n = 0; n < 20; n += 1) await turn();
      t.mock.timers.tick(patience - 1);
      for (let n = 0; n < 20; n += 1) await turn();
      assert.equal(socket.readableEnded || socket.destroyed, false);
      t.mock.timers.tick(1);
      await failing;
      await over;
    });
  }

  test('rejects with E_RELAY_UNREACHABLE where nobody listens', async (t) => {
    const closed = await nowhere(t);
    const connecting = connectByName({ name: 'blog', via: `127.0.0.1:${closed.port}` });
    await assert.rejects(connecting, { code: 'E_RELAY_UNREACHABLE', message: /refused/ });
  });

  test('asks another relay where one cannot be reached, hangs up or is no relay', async (t) => {
    t.mock.method(Math, 'random', () => 0);
    const closed = await nowhere(t);
    const hangingUp = await serve(t, (socket) => socket.resetAndDestroy());
    const stranger = await serve(t, (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
    const relay = await fakeNames(t, (_, socket) => socket.end('CONNECTED\nhello'));
    const away = [closed, hangingUp, stranger].map(({ port }) => `127.0.0.1:${port}`);
    const socket = await connectByName({ name: 'blog', via: [...away, relay.via].join() });
    assert.equal((await outcome(socket)).data.toString(), 'hello');
    socket.end();
    await assert.rejects(connectByName({ name: 'blog', via: away.join() }), {
      code: 'E_NOT_A_RELAY',
      message: /SSH/,
    });
  });

  test('begins with any relay, as it is drawn', async (t) => {
    const names = await Promise.all(
      ['a', 'b', 'c'].map((text) => fakeNames(t, (_, socket) => socket.end(`CONNECTED\n${text}`))),
    );
    const { mock } = t.mock.method(Math, 'random');
    const via = names.map((each) => each.via).join();
    for (const [n, text] of ['a', 'b', 'c'].entries()) {
      mock.mockImplementation(() => n / 3);
      const socket = await connectByName({ name: 'blog', via });
      assert.equal((await outcome(socket)).data.toString(), text);
      socket.end();
    }
  });

  test('asks one relay only, once that has an answer', async (t) => {
    t.mock.method(Math, 'random', () => 0);
    const other = await fakeNames(t, () => assert.fail('asked, too'));
    for (const [answer, code] of [
      ['NOEXIST\n', 'E_REFUSED'],
      ['OFFLINE\n', 'E_REFUSED'],
      ['', 'E_RELAY_LOST'],
    ] as const) {
      const relay = await fakeNames(t, (_, socket) => socket.end(answer));
      const connecting = connectByName({ name: 'blog', via: `${relay.via},${other.via}` });
      await assert.rejects(connecting, { code });
    }
  });

  test('does not wait for a relay that says nothing, while there is another', async (t) => {
    t.mock.method(Math, 'random', () => 0);
    const silent = await serve(t, () => {});
    const relay = await fakeNames(t, (_, socket) => socket.end('CONNECTED\n'));
    const began = performance.now();
    const via = `127.0.0.1:${silent.port},${relay.via}`;
    (await connectByName({ name: 'blog', via })).destroy();
    const took = performance.now() - began;
    assert.ok(took > 1900 && took < 5000, `${took}`);
  });

  test('gives up with the reason of its signal', async (t) => {
    const abort = new AbortController();
    let gone: ReturnType<typeof outcome> | undefined;
    const relay = await fakeNames(t, (_, socket) => {
      gone = outcome(socket);
      abort.abort(new Error('no longer'));
    });
    const connecting = connectByName({ name: 'blog', via: relay.via, signal: abort.signal });
    await assert.rejects(connecting, { message: 'no longer' });
    assert.equal((await gone)?.ending, 'ECONNRESET');
    await assert.rejects(connectByName({ name: 'blog', via: relay.via, signal: abort.signal }), {
      message: 'no longer',
    });
  });

  test('takes any name of 1 to 255 octets without control characters', async (t) => {
    const relay = await fakeNames(t, (_, socket) => socket.end('NOEXIST\n'));
    const asking = (name: string) => connectByName({ name, via: relay.via });
    for (const name of ['a', 'x'.repeat(255), `${'ü'.repeat(127)}x`, ' ', '[NEW] 1']) {
      await assert.rejects(asking(name), { code: 'E_REFUSED' });
    }
    for (const name of ['', 'x'.repeat(256), 'ü'.repeat(128), 'a\nb', 'a\r', '\0', 'a\x7f']) {
      await assert.rejects(asking(name), { code: 'E_BAD_OPTION' });
    }
    await assert.rejects(connectByName({ name: 'blog', via: 'localhost' }), {
      code: 'E_BAD_OPTION',
    });
  });
});
