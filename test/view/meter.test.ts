import assert from 'node:assert/strict';
import test from 'node:test';
import { Meter } from '#src/view/meter.ts';

const toServer = (meter: Meter) => meter.rates?.bytesToServer;
const total = (bytesToServer: number, bytesToClient = 0) => ({ bytesToServer, bytesToClient });

test('a rate is that of the last three seconds', () => {
  const meter = new Meter();
  meter.look(total(0), 0);
  assert.equal(toServer(meter), undefined);
  meter.look(total(1000, 500), 1000);
  assert.deepEqual(meter.rates, total(1000, 500));
  for (const at of [2000, 3000]) meter.look(total(1000, 500), at);
  assert.equal(toServer(meter), 1000 / 3);
  meter.look(total(1000, 500), 4000);
  assert.deepEqual(meter.rates, total(0, 0));
});

test('after a long time without a look, the rate is that of this time', () => {
  const meter = new Meter();
  meter.look(total(0), 0);
  meter.look(total(100_000), 100_000);
  assert.equal(toServer(meter), 1000);
});

test('what begins anew is no rate below zero', () => {
  const meter = new Meter();
  meter.look(total(5000), 0);
  meter.look(total(10), 1000);
  assert.equal(toServer(meter), undefined);
  meter.look(total(20), 2000);
  assert.equal(toServer(meter), 10);
});
