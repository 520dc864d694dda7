import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import test, { type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { retransmissions } from '#src/broker/registration/retransmissions.ts';
import { connectTo, serve } from '../../support/tcp.ts';

/** More than the kernel takes for a peer that does not read. */
const TOO_MUCH = Buffer.alloc(64 * 1024 * 1024);

type Ends = { near: Socket; peer: Socket };

async function connections(
  t: TestContext,
  { listen, dial, count }: { listen: string; dial: string; count: number },
): Promise<Ends[]> {
  const server = await serve(t, () => {}, { host: listen });
  const ends: Ends[] = [];
  for (let n = 0; n < count; n += 1) {
    const arrived = once(server, 'connection');
    const peer = await connectTo(t, server.port, { host: dial });
    const [near] = (await arrived) as [Socket];
    ends.push({ near, peer });
  }
  return ends;
}

/** The peer answers, and so acknowledges what it got. */
async function answer({ near, peer }: Ends): Promise<void> {
  near.write('ping');
  await once(peer, 'data');
  peer.write('pong');
  await once(near, 'data');
}

// That a vanished peer is counted is shown in test/e2e/blackhole.test.ts, which has a network to cut.
for (const [kind, listen, dial] of [
  ['an IPv4 connection', '127.0.0.1', '127.0.0.1'],
  ['an IPv4 connection of a dual-stack listener', '::', '127.0.0.1'],
  ['an IPv6 connection', '::1', '::1'],
] as const) {
  test(`${kind}: a peer that is well, or only slow, is not taken for gone`, async (t) => {
    const [stuck, well] = await connections(t, { listen, dial, count: 2 });
    assert.ok(stuck && well);
    await answer(well);
    stuck.near.write(TOO_MUCH);
    while (stuck.near.writableLength === 0) await turn();
    assert.equal(await retransmissions(stuck.near), 0);
    assert.equal(await retransmissions(well.near), 0);
  });
}

test('a connection that is closed has nothing on its way', async (t) => {
  const [ends] = await connections(t, { listen: '127.0.0.1', dial: '127.0.0.1', count: 1 });
  assert.ok(ends);
  ends.near.destroy();
  await once(ends.near, 'close');
  assert.equal(await retransmissions(ends.near), 0);
});
