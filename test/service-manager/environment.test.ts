import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeServiceEnvironment } from '#src/service-manager/environment.ts';

test('what systemd says is read, and nothing of it left for the programs that are started', () => {
  const environment = {
    PATH: '/bin',
    NOTIFY_SOCKET: '/run/systemd/notify',
    WATCHDOG_USEC: '30000000',
    WATCHDOG_PID: '7',
    LISTEN_PID: '7',
    LISTEN_FDS: '3',
    LISTEN_FDNAMES: 'control:tls-names',
    LISTEN_PIDFDID: '1234',
  };
  assert.deepEqual(takeServiceEnvironment(environment, 7), {
    notifySocket: '/run/systemd/notify',
    watchdog: 30_000,
    listeners: [
      { descriptor: 3, name: 'control' },
      { descriptor: 4, name: 'tls-names' },
      { descriptor: 5, name: 'unknown' },
    ],
  });
  assert.deepEqual(environment, { PATH: '/bin' });
});

test('what is meant for another process, or is no number, counts for nothing', () => {
  const nothing = { notifySocket: undefined, watchdog: undefined, listeners: [] };
  const odd = [
    { LISTEN_PID: '8', LISTEN_FDS: '1', WATCHDOG_PID: '8', WATCHDOG_USEC: '1000' },
    { LISTEN_FDS: '1' },
    { LISTEN_PID: '7', LISTEN_FDS: '-1', WATCHDOG_USEC: '0' },
    { LISTEN_PID: '7', LISTEN_FDS: '999999999', WATCHDOG_USEC: 'NaN' },
    { LISTEN_PID: '7', LISTEN_FDS: 'x', WATCHDOG_USEC: '1e3', NOTIFY_SOCKET: '' },
  ];
  for (const environment of odd) {
    assert.deepEqual(takeServiceEnvironment({ ...environment }, 7), nothing);
  }
});

test('a watchdog that waits for months is asked for as seldom as a timer can', () => {
  const { watchdog } = takeServiceEnvironment({ WATCHDOG_USEC: '999999999999999' }, 7);
  assert.equal(watchdog, 2 ** 31 - 1);
});
