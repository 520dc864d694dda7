import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPortableDataPlane } from '#src/data-plane/portable/portable-data-plane.ts';
import { openExchange } from '../../support/exchange.ts';
import { read } from '../../support/tcp.ts';

// In a thread of its own, an exchange may rightly join the two before the reset is there.
test('a client that waits is not given to a connection of a pool that was dead when it came', async (t) => {
  const { exchange, client, backConnect } = await openExchange(t, createPortableDataPlane());
  exchange.announce({ descriptor: undefined, pool: { most: 8, introduction: '' } });
  const waiting = await client();
  (await backConnect()).resetAndDestroy();
  const live = await backConnect();
  waiting.write('x');
  assert.equal((await read(live, 1)).toString(), 'x');
});
