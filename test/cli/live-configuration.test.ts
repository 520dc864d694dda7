import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { configurationIn, LiveConfiguration } from '#src/cli/live-configuration.ts';
import { brokerShape } from '#src/config/broker-shape.ts';
import type { Layer } from '#src/config/layer.ts';
import type { Configuration } from '#src/config/resolve.ts';
import type { brokerProgram } from '#src/options/broker-program.ts';
import { emptyFolder } from '../support/folder.ts';

const PORT: Layer = new Map([
  ['port', { value: 8080, origin: { from: 'outside', name: 'command line' } }],
]);

/** The next that is told to whoever follows a broker's file. */
async function follow(t: TestContext, file: string) {
  const live = await LiveConfiguration.open(brokerShape, PORT, file);
  const hangingUp = process.listeners('SIGHUP');
  const told: unknown[] = [];
  let wake = () => {};
  const tell = (news: unknown) => {
    told.push(news);
    wake();
  };
  live.follow({
    apply: async ({
      process: { settings },
    }: Configuration<typeof brokerProgram.options, Record<never, never>>) => {
      tell(settings.maxClients);
    },
    failed: ({ message }) => tell(message),
  });
  t.after(() => {
    live.close();
    for (const listener of process.listeners('SIGHUP')) {
      if (!hangingUp.includes(listener)) process.off('SIGHUP', listener);
    }
  });
  return async () => {
    while (told.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return told.shift();
  };
}

test('a pipe is read once, and what it said goes on', async (t) => {
  const pipe = join(await emptyFolder(t), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const source = await configurationIn(pipe, brokerShape, PORT);
  const writing = writeFile(pipe, 'max-clients = 5\n');
  const contents = await source.read();
  await writing;
  assert.equal(source.parse(contents).process.settings.maxClients, 5);
  assert.deepEqual(await source.read(), contents);
});

test('another folder behind a link, as that of a ConfigMap, is a change', async (t) => {
  const folder = await emptyFolder(t);
  const link = join(folder, '..data');
  await symlink(await emptyFolder(t), link);
  await writeFile(join(link, 'relay.toml'), 'max-clients = 5\n');
  await symlink(join('..data', 'relay.toml'), join(folder, 'relay.toml'));
  const next = await follow(t, join(folder, 'relay.toml'));
  const other = await emptyFolder(t);
  await writeFile(join(other, 'relay.toml'), 'max-clients = 6\n');
  await rm(link);
  await symlink(other, link);
  assert.equal(await next(), 6);
});

test('a file that is taken away is told of, and taken up again when it is back', async (t) => {
  const file = join(await emptyFolder(t), 'relay.toml');
  await writeFile(file, 'max-clients = 5\n');
  const next = await follow(t, file);
  await rm(file);
  assert.match(String(await next()), /^config: cannot read .*: no such file/);
  await writeFile(file, 'max-clients = 7\n');
  assert.equal(await next(), 7);
});
