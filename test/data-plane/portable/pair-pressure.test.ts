import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Throttle } from '#src/data-plane/portable/throttle.ts';
import { connectAs, join, MUCH, SIDES } from '../../support/pairs.ts';
import { outcome } from '../../support/tcp.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

for (const sides of [...SIDES, { client: 'TLSv1.2', server: 'TLSv1.3' } as const]) {
  for (const from of ['client', 'server'] as const) {
    for (const rate of [undefined, MUCH]) {
      const how = `${sides.client} to ${sides.server}${rate === undefined ? '' : ', with a rate'}`;
      test(`a ${from} is held up by one that does not read, ${how}`, async (t) => {
        const [client, server] = [
          await connectAs(t, sides.client),
          await connectAs(t, sides.server),
        ];
        const throttle = rate && { toServer: new Throttle(rate), toClient: new Throttle(rate) };
        join(client.own, server.own, throttle ? { throttle } : {});
        const [sender, receiver] = from === 'client' ? [client, server] : [server, client];
        const sent = Buffer.alloc(32 * MIB, 'x');
        sender.peer.end(sent);
        await standstill(sender.tcp);
        const { readableLength } = sender.own;
        assert.ok(readableLength <= 128 * KIB, `${readableLength} unread`);
        const { writableLength } = receiver.own;
        assert.ok(writableLength <= 256 * KIB, `${writableLength} unsent`);
        const left = sender.peer.writableLength;
        assert.ok(left > 16 * MIB, `${left} at the sender`);
        assert.ok((await outcome(receiver.peer)).data.equals(sent));
      });
    }
  }
}

/** Resolves when a socket has sent nothing for some time. */
async function standstill(socket: Socket): Promise<void> {
  let before = -1;
  for (let still = 0; still < 20; still += 1) {
    if (socket.bytesWritten !== before) still = 0;
    before = socket.bytesWritten;
    await delay(10);
  }
}
