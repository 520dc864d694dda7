import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { openAdmin } from '../../support/admin.ts';
import { emptyFolder } from '../../support/folder.ts';
import { FLEET, ONWARD } from '../../support/operated-broker.ts';
import { runCli } from '../../support/program.ts';

test('clients that other brokers serve are listed, and ended', async (t) => {
  const adminTokenFile = join(await emptyFolder(t), 'token');
  await writeFile(adminTokenFile, 'a-token-that-nobody-guesses', { mode: 0o600 });
  const { admin, broker } = await openAdmin(t, { adminTokenFile });
  const run = async (...args: string[]) => {
    const env = { RELAY_ADMIN: admin.url, RELAY_ADMIN_TOKEN_FILE: adminTokenFile };
    const command = runCli(t, 'relay-broker', args, env);
    return { code: await command.exited, output: command.output };
  };
  assert.match((await run('ps', '--forwarded')).output, /This broker is none of a fleet/);
  broker.inFleet = FLEET;
  broker.onward = [ONWARD];
  assert.deepEqual((await run('ps', '--forwarded')).output.split('\n'), [
    'ID  NAME  BROKER                    CLIENT              AGE   WAITED    IN   OUT',
    ' 9  shop  relay-2.example.net:8080  198.51.100.3:50000  1 s  0.005 s  10 B  20 B',
  ]);
  assert.deepEqual(await run('kick', 'forwarded/9'), { code: 0, output: '' });
  assert.deepEqual(broker.done, ['end forwarded/9']);
  const missing = await run('kick', 'forwarded/8');
  assert.deepEqual(missing, {
    code: 1,
    output: 'relay-broker kick: There is no such connection.',
  });
  assert.equal((await run('ps', '1', '--forwarded')).code, 2);
  assert.equal((await run('kick', 'forwarded')).code, 2);
});
