import assert from 'node:assert/strict';
import { fstatSync } from 'node:fs';
import { describe, test } from 'node:test';
import { createBroker } from '#src/broker/broker.ts';
import { DATA_PLANES, told } from '../support/broker.ts';
import { connectAgent } from '../support/extended-agent.ts';
import { listenerToInherit } from '../support/listener-to-inherit.ts';
import { connectTo, knock } from '../support/tcp.ts';

const OPTIONS = { port: 0, host: '127.0.0.1', httpNames: 0, domain: 'relay.example' } as const;

describe('a broker that is started with listeners', () => {
  for (const dataPlane of DATA_PLANES) {
    test(`has its control port, its doors and its pools there (${dataPlane})`, async (t) => {
      const [control, door, far, near] = await Promise.all(
        Array.from({ length: 4 }, () => listenerToInherit(t)),
      );
      assert.ok(control && door && far && near);
      const early = await connectTo(t, far.port);
      const broker = createBroker({ ...OPTIONS, dataPlane, pool: `${far.port}:${near.port}` });
      t.after(() => broker.close({ drain: 0 }));
      const opened = told(broker, 'doorOpened');
      const at = await broker.start({
        inherited: [
          { role: 'control', descriptor: control.descriptor },
          { role: 'http-names', descriptor: door.descriptor },
          { role: 'pool', port: far.port, descriptor: far.descriptor },
          { role: 'client', port: near.port, descriptor: near.descriptor },
        ],
      });
      assert.equal(at.port, control.port);
      assert.deepEqual((await opened)[1].port, far.port);
      const { doors } = broker.status();
      assert.deepEqual(doors.find(({ name }) => name === 'http-names')?.port, door.port);
      await (await connectAgent(t, control.port)).register();
      const client = await connectTo(t, near.port);
      client.write('.');
      assert.equal(`${await new Promise((resolve) => early.once('data', resolve))}`, '.');
    });
  }

  test('closes those that it has no use for, also when it does not start', async (t) => {
    const [other, none] = [await listenerToInherit(t), await listenerToInherit(t)];
    const broker = createBroker(OPTIONS);
    t.after(() => broker.close({ drain: 0 }));
    await broker.start({ inherited: [{ role: 'tls-names', descriptor: other.descriptor }] });
    assert.equal(await knock(other.port), 'ECONNREFUSED');
    const again = broker.start({ inherited: [{ role: 'control', descriptor: none.descriptor }] });
    await assert.rejects(again, { code: 'E_LISTEN' });
    assert.equal(await knock(none.port), 'ECONNREFUSED');
  });

  test('says so when one is no listener', async () => {
    const { openBell } = await import('#src/data-plane/linux/system-calls.ts');
    const descriptor = openBell();
    const broker = createBroker(OPTIONS);
    await assert.rejects(broker.start({ inherited: [{ role: 'control', descriptor }] }), {
      code: 'E_LISTEN',
      message: /^Cannot listen on the inherited descriptor \d+: .+ Give that of a TCP listener\.$/,
    });
    assert.throws(() => fstatSync(descriptor), { code: 'EBADF' });
  });
});
