import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { emptyFolder } from '../support/folder.ts';
import { pairThrough } from '../support/pair-through.ts';
import { BASIC, clientPortOf, runBroker, runCli } from '../support/program.ts';
import { connectTo, outcome } from '../support/tcp.ts';
import { until } from '../support/until.ts';

type Entry = Record<string, unknown>;

async function entriesOf(file: string): Promise<Entry[]> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  assert.equal(lines.pop(), '', 'the last line is whole');
  return lines.map((line) => JSON.parse(line) as Entry);
}

async function entriesOnceIn(file: string): Promise<Entry[]> {
  while ((await readFile(file, 'utf8')) === '');
  return entriesOf(file);
}

/** The entry that docs/operations.md shows. */
async function shown(): Promise<Entry> {
  const page = await readFile('docs/operations.md', 'utf8');
  const section = page.split('### The access log\n')[1] ?? '';
  return JSON.parse(/```json\n(.*?)```/s.exec(section)?.[1] ?? '');
}

describe('relay-broker --access-log', () => {
  test('has all of each connection, in the file of its time, to the last one', async (t) => {
    const file = join(await emptyFolder(t), 'access.log');
    const broker = await runBroker(t, ...BASIC, '--access-log', file, '--verbose', '--log', 'json');
    const { control, client, server } = await pairThrough(t, broker);
    const clientPort = await clientPortOf(broker);
    const { localPort: sourcePort } = client;
    const done = outcome(client);
    client.end('bcd');
    await once(server.resume(), 'end');
    server.end('xy');
    await done;
    const [entry = {}] = await entriesOnceIn(file);
    const [line] = await broker.line(/^.*"event":"clientEnded".*$/);
    const { level, message, event, time: _, start: __, ...logged } = JSON.parse(line) as Entry;
    assert.deepEqual([level, event, typeof message], ['debug', 'clientEnded', 'string']);
    const { time, start, ...rest } = entry;
    assert.deepEqual(rest, logged);
    const { lasted, waited, ...fixed } = rest;
    assert.deepEqual(fixed, {
      ...{ registration: 1, protocol: 'basic', clientPort, agentAddress: '127.0.0.1', id: 1 },
      ...{ clientAddress: '127.0.0.1', sourcePort, bytesToServer: 4, bytesToClient: 2 },
      ...{ ending: 'eof', firstEnd: 'client' },
    });
    assert.ok(Number(waited) <= Number(lasted));
    for (const time of [waited, lasted]) assert.match(String(time), /^\d+(\.\d{1,3})?$/);
    const elapsed = Date.parse(String(time)) - Date.parse(String(start));
    assert.ok(Math.abs(elapsed - Number(lasted)) <= 2, `${elapsed} ms, not ${lasted}`);
    const { name, token, ...always } = await shown();
    assert.deepEqual(Object.keys(entry), Object.keys(always));
    assert.deepEqual([typeof name, typeof token], ['string', 'string']);

    await rename(file, `${file}.1`);
    broker.signal('SIGHUP');
    await until(() => existsSync(file));
    const waiting = await connectTo(t, clientPort);
    const cut = outcome(waiting);
    await broker.line(/"event":"clientWaiting"/, 2);
    control.destroy();
    await cut;
    broker.signal('SIGTERM');
    assert.equal(await broker.exited, 0);
    assert.deepEqual(
      (await entriesOf(file)).map(({ id, ending }) => [id, ending]),
      [[2, 'stopped']],
    );
    assert.equal((await entriesOf(`${file}.1`)).length, 1);
    assert.doesNotMatch(broker.output, /accessLog/, 'nothing is lost');
  });

  test('says that it cannot be opened, and goes on without room on the disk', async (t) => {
    const none = runCli(t, 'relay-broker', ['0', '--access-log', '/nowhere/access.log']);
    assert.equal(await none.exited, 1);
    assert.match(none.output, /Cannot open the access log \/nowhere\/access\.log: no such file/);

    if (!existsSync('/dev/full')) return;
    const broker = await runBroker(t, ...BASIC, '--access-log', '/dev/full');
    const { client } = await pairThrough(t, broker);
    client.resetAndDestroy();
    await broker.line(/\/dev\/full lacks 1 connection so far: no space left on the device/);
  });
});
