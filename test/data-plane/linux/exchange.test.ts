import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Announcer } from '#src/data-plane/linux/loop/announcer.ts';
import { Connection } from '#src/data-plane/linux/loop/connection.ts';
import { LinuxExchange } from '#src/data-plane/linux/loop/exchange.ts';
import { shutdownWrite } from '#src/data-plane/linux/system-calls.ts';
import { SharedCounters } from '#src/data-plane/shared-counters.ts';
import { SETTINGS } from '../../support/exchange.ts';
import { connection, type Peer, relayParts, run, until } from '../../support/relay-parts.ts';

const HERE = '127.0.0.1';
const NO_DOORS = { address: HERE, clientPort: undefined, backConnectPort: undefined };

const DEATHS: [how: string, die: (peer: Peer) => void][] = [
  ['ended', ({ descriptor }) => shutdownWrite(descriptor)],
  [
    'ended behind some last words',
    (peer) => {
      peer.send(Buffer.from('farewell'));
      shutdownWrite(peer.descriptor);
    },
  ],
  ['was reset', (peer) => peer.reset()],
];

for (const [how, die] of DEATHS) {
  test(`a connection of a pool that ${how} is given to nobody, though nothing was heard of it yet`, (t) => {
    const { relay } = relayParts();
    const counters = new SharedCounters();
    const settings = { ...SETTINGS, ...NO_DOORS };
    const exchange = new LinuxExchange(1, settings, counters.memory, relay, () => {});
    t.after(() => {
      exchange.stop();
      exchange.board.clients.cut('drain');
    });
    exchange.start();
    const pool = { most: 2, introduction: '' };
    exchange.announce(new Announcer(relay, 1, 1, undefined), { pool });
    const [dead, live, client] = [connection(t), connection(t), connection(t)];
    for (const { own } of [dead, live]) {
      exchange.board.adopt(new Connection(own), HERE, undefined, Buffer.alloc(0));
    }
    run(relay.loop, function* () {
      yield* until(() => counters.read().spares === 2);
      die(dead.peer);
      exchange.board.adoptClient(new Connection(client.own), HERE, 1);
      client.peer.send(Buffer.from('x'));
      yield* until(() => live.peer.receive()?.length === 1);
      assert.equal(counters.read().refused.spare, 1);
    });
  });
}
