import assert from 'node:assert/strict';
import { openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LinuxDataPlane } from '#src/data-plane/linux/linux-data-plane.ts';
import { close } from '#src/data-plane/linux/system-calls.ts';
import { DEAF, SETTINGS } from '../../support/exchange.ts';

test('nothing is written to a descriptor that was a thread of a closed plane before', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'relay-'));
  t.after(() => rm(folder, { recursive: true }));
  const plane = new LinuxDataPlane(1, { warning: () => {}, failed: assert.ifError });
  const exchange = await plane.openExchange(SETTINGS, DEAF);
  await exchange.stop();
  await exchange.finished;
  await plane.close();
  // Every number that may be free again, the thread's among them.
  const files = Array.from({ length: 30 }, (_, n) => openSync(join(folder, `${n}`), 'w'));
  exchange.cut('drain');
  await new Promise((resolve) => setImmediate(resolve));
  for (const descriptor of files) close(descriptor);
  for (const n of files.keys()) assert.equal(readFileSync(join(folder, `${n}`), 'utf8'), '');
});

test('a plane can be closed twice, and without ever having had a thread', async () => {
  const unused = new LinuxDataPlane(1, { warning: () => {}, failed: assert.ifError });
  await unused.close();
  const plane = new LinuxDataPlane(1, { warning: () => {}, failed: assert.ifError });
  const exchange = await plane.openExchange(SETTINGS, DEAF);
  await exchange.stop();
  await Promise.all([plane.close(), plane.close()]);
});
