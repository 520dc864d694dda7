import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { descriptorOf } from '#src/data-plane/handle.ts';
import { formatNew } from '#src/protocol/basic.ts';
import { controlConnection } from '../support/control-connection.ts';
import { openExchange } from '../support/exchange.ts';
import { connectTo, read } from '../support/tcp.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

export function announcements(createPlane: PlaneUnderTest): void {
  describe('announcements', () => {
    test('each client is announced with one line, by either way', async (t) => {
      const { near, far } = await controlConnection(t);
      const { exchange, events } = await openExchange(t, createPlane());
      events.on('notify', (text) => near.write(text));
      exchange.announce({ descriptor: descriptorOf(near) });
      for (let n = 0; n < 50; n += 1) await connectTo(t, exchange.clientPort);
      const lines = formatNew(exchange.backConnectPort).repeat(50);
      assert.equal((await read(far, lines.length)).toString(), lines);
    });

    test('without a descriptor the observer gets the lines', async (t) => {
      const { exchange, events } = await openExchange(t, createPlane());
      exchange.announce({ descriptor: undefined });
      const told = once(events, 'notify');
      await connectTo(t, exchange.clientPort);
      assert.deepEqual(await told, [formatNew(exchange.backConnectPort)]);
    });

    test('a registrant that reads nothing for long gets every line in the end, in order', async (t) => {
      const count = 400;
      const { near, far } = await controlConnection(t);
      const { exchange, events, client } = await openExchange(t, createPlane());
      events.on('notify', (text) => near.write(text));
      const long = `${'x'.repeat(64 * 1024)}\n`;
      exchange.announce({ descriptor: descriptorOf(near) });
      for (let n = 0; n < count; n += 1) {
        exchange.say(long);
        await client();
      }
      const lines = `${long}${formatNew(exchange.backConnectPort)}`;
      for (let n = 0; n < count; n += 1) {
        assert.equal((await read(far, lines.length)).toString(), lines);
      }
    });

    test('the control connection ends when its owner closes it and the exchange stops', async (t) => {
      const { near, far } = await controlConnection(t);
      const { exchange } = await openExchange(t, createPlane());
      exchange.announce({ descriptor: descriptorOf(near) });
      const over = once(far, 'end');
      far.resume();
      near.destroy();
      await exchange.stop();
      await over;
    });
  });
}
