import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceManager } from '#src/service-manager/service-manager.ts';
import { tellOfBroker } from '#src/service-manager/tell-of-broker.ts';
import { startBroker } from '../support/broker.ts';
import { needs } from '../support/needs.ts';
import { fakeServiceManager } from '../support/service-manager.ts';

test('a broker asks for more time as long as it drains', needs('python3'), async (t) => {
  const { path, heard } = await fakeServiceManager(t);
  const manager = new ServiceManager(path, { watchdog: undefined }, () => {});
  t.after(() => manager.close());
  const { broker } = await startBroker(t);
  tellOfBroker(manager, broker);
  for (const [nth, left] of [3, 2].entries()) {
    broker.emit('draining', left);
    assert.deepEqual(await heard(/STOPPING=1/, nth + 1), [
      'STOPPING=1',
      `STATUS=Draining: ${left} connections may finish`,
      'EXTEND_TIMEOUT_USEC=30000000',
    ]);
  }
});
