import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { descriptors } from '../support/descriptors.ts';
import { openExchange } from '../support/exchange.ts';
import { listenerToInherit } from '../support/listener-to-inherit.ts';
import { connectTo, knock, read } from '../support/tcp.ts';
import { until } from '../support/until.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

const NO_PORTS = { clientPort: undefined, backConnectPort: undefined };

export function inherited(createPlane: PlaneUnderTest): void {
  describe('listeners that exist already', () => {
    test('an exchange takes those who were in their queues before it was opened', async (t) => {
      const [clients, backConnects] = [await listenerToInherit(t), await listenerToInherit(t)];
      const client = await connectTo(t, clients.port);
      const { exchange, events } = await openExchange(t, createPlane(), NO_PORTS);
      const server = await connectTo(t, backConnects.port);
      const waiting = once(events, 'clientWaiting');
      await exchange.acceptFrom({ clients: clients.descriptor });
      await waiting;
      const paired = once(events, 'clientPaired');
      await exchange.acceptFrom({ backConnects: backConnects.descriptor });
      await paired;
      const { clientPort, backConnectPort } = exchange;
      assert.deepEqual([clientPort, backConnectPort], [clients.port, backConnects.port]);
      client.write('question');
      assert.equal(`${await read(server, 8)}`, 'question');
      await exchange.stop();
      assert.equal(await knock(clients.port), 'ECONNREFUSED');
    });

    test('an exchange that is shut on one side leaves who comes to whoever has its listener, too', async (t) => {
      const plane = createPlane();
      const { duplicate } = await import('#src/data-plane/linux/system-calls.ts');
      const { exchange, events, client } = await openExchange(t, plane);
      await client();
      const heir = duplicate(exchange.listeners.clients ?? -1);
      await exchange.shut('clients');
      assert.equal(exchange.listeners.clients, undefined);
      assert.notEqual(exchange.listeners.backConnects, undefined);
      await connectTo(t, exchange.clientPort);
      assert.equal(exchange.counters().waiting, 1);

      const waiting = once(events, 'clientWaiting');
      await exchange.acceptFrom({ clients: heir });
      await waiting;
      assert.equal(exchange.counters().waiting, 2);
      await client();
    });

    test('what is no listener is refused, and closed', async (t) => {
      const { exchange } = await openExchange(t, createPlane(), NO_PORTS);
      const { close, duplicate, openBell } = await import('#src/data-plane/linux/system-calls.ts');
      const bell = openBell();
      t.after(() => close(bell));
      const before = descriptors();
      await assert.rejects(exchange.acceptFrom({ clients: duplicate(bell) }), {
        code: /^E[A-Z]+$/,
      });
      await until(() => descriptors() <= before);
    });
  });
}
