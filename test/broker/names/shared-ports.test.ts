import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import test, { type TestContext } from 'node:test';
import { Inheritance } from '#src/broker/inheritance.ts';
import type { NamedService } from '#src/broker/names/named-service.ts';
import { type SharedPort, SharedPorts } from '#src/broker/names/shared-ports.ts';
import type { StreamSocket } from '#src/data-plane/data-plane.ts';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import { connectTo, freePorts, knock, serve } from '../../support/tcp.ts';

const FREE = 100;

function openPorts(budget = new DescriptorBudget(FREE)): SharedPorts {
  return new SharedPorts('127.0.0.1', budget, new Inheritance());
}

/** Services that write down whose turn it was. */
function services(t: TestContext, ...names: string[]) {
  const log: string[] = [];
  const came = new EventEmitter();
  const each = names.map((name) => ({
    isAvailable: true,
    enter(client: Socket) {
      t.after(() => client.destroy());
      log.push(name);
      came.emit('client');
    },
  }));
  const come = async (port: number) => {
    const arrived = once(came, 'client');
    await connectTo(t, port);
    await arrived;
  };
  return { each, log, come };
}

/** Takes a share with each service, and returns the port. */
async function shareAll(share: () => SharedPort, all: NamedService[]): Promise<number> {
  let port = 0;
  for (const service of all) {
    const shared = share();
    port = await shared.open();
    shared.join(service);
  }
  return port;
}

test('a shared port gives its clients in turn to those who are available', async (t) => {
  const wanted = await freePorts(1);
  const ports = openPorts();
  const { each, log, come } = services(t, 'a', 'b', 'c');
  const [a, b, c] = each;
  assert.ok(a && b && c);
  assert.equal(await shareAll(() => ports.share(wanted, 'alice'), each), wanted);
  for (let n = 0; n < 4; n += 1) await come(wanted);
  b.isAvailable = false;
  for (let n = 0; n < 3; n += 1) await come(wanted);
  for (const service of each) service.isAvailable = false;
  await come(wanted);
  assert.equal(log.join(''), 'abcacacb');
  const shared = ports.share(wanted, 'alice');
  shared.leave();
  for (const service of each) shared.leave(service);
});

test('it is open until the last one leaves, and then anybody may have it', async (t) => {
  const ports = openPorts();
  const { each, log, come } = services(t, 'a', 'b');
  const [a, b] = each;
  assert.ok(a && b);
  const port = await freePorts(1);
  const first = ports.share(port, 'alice');
  assert.equal(await first.open(), port);
  first.join(a);
  assert.ok(ports.isOf('alice', port));
  assert.ok(!ports.isOf('bob', port));
  const second = ports.share(port, 'alice');
  assert.equal(await second.open(), port);
  second.join(b);
  first.leave(a);
  await come(port);
  assert.equal(log.join(''), 'b');
  second.leave(b);
  assert.ok(!ports.isOf('alice', port));
  assert.equal(await knock(port), 'ECONNREFUSED');

  const other = ports.share(port, 'bob');
  assert.equal(await other.open(), port);
  other.leave();
});

test('those who come at the same time share one listener', async () => {
  const wanted = await freePorts(1);
  const ports = openPorts();
  const shares = [1, 2, 3].map(() => ports.share(wanted, 'alice'));
  assert.deepEqual(await Promise.all(shares.map((share) => share.open())), [
    wanted,
    wanted,
    wanted,
  ]);
  for (const share of shares) share.leave();
  assert.equal(await knock(wanted), 'ECONNREFUSED');
});

test('a port that another program has is nobody’s, for all who wanted it', async (t) => {
  const { port } = await serve(t, () => {});
  const ports = openPorts();
  const shares = [ports.share(port, 'alice'), ports.share(port, 'alice')];
  for (const share of shares) {
    await assert.rejects(share.open(), { code: 'EADDRINUSE' });
    share.leave();
  }
  assert.ok(!ports.isOf('alice', port));
});

test('who leaves while the port is being opened leaves nothing open', async () => {
  const wanted = await freePorts(1);
  const share = openPorts().share(wanted, 'alice');
  const opening = share.open();
  share.leave();
  await opening;
  assert.equal(await knock(wanted), 'ECONNREFUSED');
});

test('a client is in the budget until it closes, even one for which there is no room', async (t) => {
  const budget = new DescriptorBudget(1);
  const share = openPorts(budget).share(0, 'alice');
  const clients: StreamSocket[] = [];
  const arrivals = new EventEmitter();
  const service: NamedService = {
    isAvailable: true,
    enter(client) {
      clients.push(client);
      arrivals.emit('client');
    },
  };
  const port = await share.open();
  share.join(service);
  for (let n = 1; n <= 2; n += 1) {
    const arrived = once(arrivals, 'client');
    await connectTo(t, port);
    await arrived;
    assert.equal(budget.free, 1 - n);
  }
  for (const client of clients) {
    const closed = once(client, 'close');
    client.destroy();
    await closed;
  }
  assert.equal(budget.free, 1);
  share.leave(service);
});
