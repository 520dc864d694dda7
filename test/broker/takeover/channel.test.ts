import assert from 'node:assert/strict';
import { once } from 'node:events';
import { fstatSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { Channel } from '#src/broker/takeover/channel.ts';
import { close, duplicate } from '#src/broker/takeover/unix-calls.ts';
import { descriptorOf } from '#src/data-plane/handle.ts';
import { connect } from '#src/data-plane/linux/system-calls.ts';
import { descriptors } from '../../support/descriptors.ts';
import { emptyFolder } from '../../support/folder.ts';
import { listenerToInherit } from '../../support/listener-to-inherit.ts';
import { connectTo } from '../../support/tcp.ts';
import { until } from '../../support/until.ts';

/** Both ends of a channel, as two processes have them; the other one is also there as a socket. */
async function channels(t: TestContext) {
  const path = `${await emptyFolder(t)}/socket`;
  const server = createServer({ pauseOnConnect: true }).listen(path);
  t.after(() => server.close());
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const near = new Channel(connect({ path }));
  const [socket] = await accepted;
  const far = new Channel(duplicate(descriptorOf(socket) ?? -1));
  t.after(() => {
    near.close();
    far.close();
    socket.destroy();
  });
  return { near, far, socket };
}

describe('a channel between two processes', () => {
  test('carries descriptors in the order of their messages, however many lie in it', async (t) => {
    const { near, far } = await channels(t);
    const listeners = await Promise.all(Array.from({ length: 20 }, () => listenerToInherit(t)));
    const before = descriptors();
    const sending = (async () => {
      for (const { port, descriptor } of listeners) await near.send({ port }, [descriptor]);
      await near.send({ last: true });
    })();
    for (const { port } of listeners) {
      const parcel = await far.receive(10_000);
      assert.deepEqual(parcel.message, { port });
      assert.equal(parcel.descriptors.length, 1);
      for (const descriptor of parcel.descriptors) {
        assert.ok(fstatSync(descriptor).isSocket());
        close(descriptor);
      }
    }
    assert.deepEqual(await far.receive(10_000), { message: { last: true }, descriptors: [] });
    await sending;
    await until(() => descriptors() <= before);
    await connectTo(t, listeners[0]?.port ?? 0);
    for (const { descriptor } of listeners) close(descriptor);
  });

  test('carries more than fits into the socket at once', async (t) => {
    const { near, far } = await channels(t);
    const text = 'x'.repeat(60_000);
    const sending = (async () => {
      for (let n = 0; n < 20; n += 1) await near.send({ n, text });
    })();
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (let n = 0; n < 20; n += 1) {
      assert.deepEqual((await far.receive(10_000)).message, { n, text });
    }
    await sending;
  });

  test('says who is at the other end', async (t) => {
    const { near, far } = await channels(t);
    const us = { pid: process.pid, uid: process.getuid?.() };
    assert.deepEqual([near.peer, far.peer], [us, us]);
  });

  test('tells of an end, of silence, of what is no message and of one that is too long', async (t) => {
    const silent = await channels(t);
    await assert.rejects(silent.far.receive(10), /did not answer in time/);
    silent.near.close();
    await assert.rejects(silent.far.receive(10_000), /is gone/);
    await assert.rejects(silent.far.send({}), /is gone/);
    for (const [sent, reason] of [
      ['[1,{}]\n', /no message/],
      ['nonsense\n', /no message/],
      ['x'.repeat(70_000), /too long/],
    ] as const) {
      const { near, socket } = await channels(t);
      socket.write(sent);
      await assert.rejects(near.receive(10_000), reason);
    }
  });

  test('what came in time counts, however late this process gets to look', async (t) => {
    const { near, far } = await channels(t);
    const waiting = far.receive(10);
    await near.send({ in: 'time' });
    const stopped = new Int32Array(new SharedArrayBuffer(4));
    Atomics.wait(stopped, 0, 0, 50);
    assert.deepEqual((await waiting).message, { in: 'time' });
  });

  test('a wait ends when it is closed here, and what came is closed with it', async (t) => {
    const { near, far } = await channels(t);
    const { descriptor } = await listenerToInherit(t);
    await near.send({}, [descriptor]);
    close(descriptor);
    const before = descriptors();
    await far.receive(10_000).then(({ descriptors: [came] }) => close(came ?? -1));
    const waiting = far.receive(10_000);
    far.close();
    await assert.rejects(waiting, /given up/);
    await until(() => descriptors() < before);
  });
});
