import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { emptyFolder } from '../support/folder.ts';
import { installation } from '../support/installation.ts';
import { needs } from '../support/needs.ts';
import { Program, runBroker, runCli } from '../support/program.ts';
import { fakeServiceManager } from '../support/service-manager.ts';

describe('under a service manager', needs('python3'), () => {
  test('the broker tells when it is ready, alive, and about to stop', async (t) => {
    const manager = await fakeServiceManager(t);
    const env = { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: '100000' };
    const broker = runCli(t, 'relay-broker', ['0', '--host', '127.0.0.1'], env);
    const [, port] = await broker.line(/Control connections on port (\d+)/);
    assert.deepEqual(await manager.heard(/READY=1/), [
      'READY=1',
      `STATUS=Control port ${port}, registrations: 0`,
    ]);
    await manager.heard(/WATCHDOG=1/, 2);
    runCli(t, 'relay-agent', ['1', '--to', `127.0.0.1:${port}`]);
    await manager.heard(/STATUS=Control port \d+, registrations: 1/);
    await manager.heard(/WATCHDOG=1/, manager.messages().length);

    broker.signal('SIGTERM');
    assert.deepEqual(await manager.heard(/STOPPING=1/), [
      'STOPPING=1',
      'STATUS=Draining: 0 connections may finish',
      'EXTEND_TIMEOUT_USEC=30000000',
    ]);
    assert.equal(await broker.exited, 0);
  });

  test('the agent is ready once it is registered, and says where', async (t) => {
    const manager = await fakeServiceManager(t, `@relay-test-${process.pid}`);
    const env = { NOTIFY_SOCKET: manager.path };
    const broker = await runBroker(t);
    runCli(t, 'relay-agent', ['1', '--to', `127.0.0.1:${broker.controlPort}`], env);
    await manager.heard(/READY=1/);
    await manager.heard(/STATUS=Clients reach it at 127\.0\.0\.1:\d+"/);
    broker.signal('SIGTERM');
    await manager.heard(/STATUS=Trying again: /);
    assert.ok(!manager.messages().some((fields) => fields.includes('WATCHDOG=1')));
  });

  test('the broker tells when it reads its configuration again, and when it has', async (t) => {
    const manager = await fakeServiceManager(t);
    const file = join(await emptyFolder(t), 'relay-broker.toml');
    await writeFile(file, 'port = 0\nhost = "127.0.0.1"\n');
    const broker = runCli(t, 'relay-broker', ['--config', file], { NOTIFY_SOCKET: manager.path });
    await manager.heard(/READY=1/);
    for (const [nth, contents] of ['port = 0\nlease = 7\n', 'leese = 7\n'].entries()) {
      await writeFile(file, contents);
      broker.signal('SIGHUP');
      const [, time] = await manager.heard(/RELOADING=1/, nth + 1);
      assert.match(time ?? '', /^MONOTONIC_USEC=\d+$/);
      assert.deepEqual(await manager.heard(/READY=1/, nth + 2), ['READY=1']);
    }
    await broker.line(/leese/);
  });

  test('without koffi it runs, and says what is missing', async (t) => {
    const folder = await installation(t, { optional: false });
    const args = [`${folder}/dist/cli/relay-broker.js`, '0', '--host', '127.0.0.1'];
    const broker = new Program(t, process.execPath, args, { NOTIFY_SOCKET: '/nowhere' });
    await broker.line(/cannot be told that this has started: the optional package koffi/);
    await broker.line(/Control connections/);
  });
});

test(
  'a broker gives no sign of life while a thread hangs',
  needs('python3', 'strace'),
  async (t) => {
    const manager = await fakeServiceManager(t);
    const env = { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: '100000' };
    const plane = ['--data-plane', 'linux'];
    const broker = runCli(t, 'relay-broker', ['0', '--host', '127.0.0.1', ...plane], env);
    const [, port] = await broker.line(/Control connections on port (\d+)/);
    runCli(t, 'relay-agent', ['1', '--to', `127.0.0.1:${port}`]);
    await manager.heard(/STATUS=Control port \d+, registrations: 1/);

    // Only our threads wait in epoll_wait(2), Node itself does in epoll_pwait(2).
    const delayed = ['-e', 'trace=epoll_wait', '-e', 'inject=epoll_wait:delay_enter=60s'];
    const strace = new Program(t, 'strace', ['-f', '-p', String(broker.pid), ...delayed]);
    await strace.line(/attached/);
    const signs = () => manager.messages().filter(([field]) => field === 'WATCHDOG=1').length;
    for (let before = -1; signs() > before; await delay(500)) before = signs();
    strace.signal('SIGTERM');
    await manager.heard(/WATCHDOG=1/, signs() + 1);
  },
);

test('a service manager that is not there is told of, and not waited for', async (t) => {
  const env = { NOTIFY_SOCKET: '/nowhere/notify' };
  const broker = runCli(t, 'relay-broker', ['0', '--host', '127.0.0.1'], env);
  await broker.line(/The service manager takes no messages at \/nowhere\/notify/);
  broker.signal('SIGTERM');
  assert.equal(await broker.exited, 0);
});

test(
  'a broker that gives its place away names its successor, and does not stop yet',
  needs('python3'),
  async (t) => {
    const manager = await fakeServiceManager(t);
    const env = { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: '100000' };
    const first = runCli(t, 'relay-broker', ['0', '--host', '127.0.0.1'], env);
    const [, port = ''] = await first.line(/Control connections on port (\d+)/);
    await manager.heard(/READY=1/);
    const second = runCli(t, 'relay-broker', [port, '--host', '127.0.0.1', '--takeover'], env);
    assert.deepEqual(await manager.heard(/MAINPID=/), [`MAINPID=${second.pid}`]);
    assert.equal(await first.exited, 0);
    await manager.heard(/READY=1/, 2);
    assert.ok(!manager.messages().some(([field]) => field === 'STOPPING=1'));
  },
);
