import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { LinuxDataPlane } from '#src/data-plane/linux/linux-data-plane.ts';
import { formatNew } from '#src/protocol/basic.ts';
import { openExchange } from '../../support/exchange.ts';

const plane = new LinuxDataPlane(1, { warning: () => {}, failed: assert.ifError });
after(() => plane.close());

test('clients that came before the announcement are announced too', async (t) => {
  const { exchange, client, events } = await openExchange(t, plane);
  exchange.hold();
  await client();
  await client();
  const told = once(events, 'notify');
  exchange.announce({ descriptor: undefined });
  assert.deepEqual(await told, [formatNew(exchange.backConnectPort).repeat(2)]);
});
