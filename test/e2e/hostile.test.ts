import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { BASIC, clientPortOf, Program, runBroker } from '../support/program.ts';
import { connectTo, knock, outcome, read } from '../support/tcp.ts';

describe('a hostile peer', () => {
  test('that speaks HTTP to the control port gets one error line and no ports', async (t) => {
    const broker = await runBroker(t);
    const browser = await connectTo(t, broker.controlPort);
    browser.write('GET / HTTP/1.1\r\nHost: relay\r\n\r\n');
    const { data, ending } = await outcome(browser);
    assert.match(data.toString(), /^\[ERROR\] \{"code":"hello-unknown","message":"[^"]+"\}\n$/);
    assert.equal(ending, 'eof');
    await broker.line(/first line is none that this relay knows \("GET \/ HTTP\/1\.1\\r"\)/);
    assert.doesNotMatch(broker.output, /Serving/);
  });

  test('that sends a line without end is stopped at 4 KiB', async (t) => {
    const broker = await runBroker(t);
    const endless = await connectTo(t, broker.controlPort);
    const answer = outcome(endless);
    endless.write('x'.repeat(1024 * 1024));
    assert.match((await answer).data.toString(), /line-too-long|^$/);
    await broker.line(/first line is too long/);
  });

  test('that sends junk after it registered loses its registration, with a log line', async (t) => {
    const broker = await runBroker(t, ...BASIC);
    const control = await connectTo(t, broker.controlPort);
    const port = await clientPortOf(broker);
    control.write('\u001b[2Jjunk');
    await broker.line(new RegExp(`Port ${port} closed: the server sent something`));
    assert.equal(await knock(port), 'ECONNREFUSED');
  });

  test('that scans the control port opens nothing', async (t) => {
    const broker = await runBroker(t, '--hello-wait', '50');
    // Whoever is held up for as long between the two is no scan.
    broker.signal('SIGSTOP');
    for (let n = 0; n < 20; n += 1) {
      const scan = await connectTo(t, broker.controlPort);
      scan[n % 2 ? 'destroy' : 'resetAndDestroy']();
    }
    broker.signal('SIGCONT');
    await connectTo(t, broker.controlPort);
    await clientPortOf(broker);
    assert.equal(broker.lines.filter((line) => line.includes('Serving')).length, 1);
  });

  test('that floods a client port is refused over the limit, in one log line', async (t) => {
    const broker = await runBroker(t, ...BASIC, '--max-clients', '5');
    await connectTo(t, broker.controlPort);
    const port = await clientPortOf(broker);
    for (let n = 0; n < 5; n += 1) await connectTo(t, port);
    const since = performance.now();
    for (let n = 0; n < 200; n += 1) assert.equal(await knock(port), 'ECONNRESET');
    await broker.line(/client refused: too many clients/);
    assertOneLine(broker, 'too many clients', since);
  });

  for (const [plane, words] of [
    ['linux', /No descriptors or memory left for more clients/],
    ['portable', /client refused: out of file descriptors/],
  ] as const) {
    test(`that uses up the descriptors does not end the broker or its pairs (${plane})`, async (t) => {
      const command = 'ulimit -n 256; exec "$0" dist/cli/relay-broker.js 0 --host 127.0.0.1';
      const limited = `${command} --data-plane ${plane}`;
      const broker = new Program(t, 'sh', ['-c', limited, process.execPath]);
      const [, controlPort] = await broker.line(/Control connections on port (\d+)/);
      const control = await connectTo(t, Number(controlPort));
      const port = await clientPortOf(broker);
      const client = await connectTo(t, port);
      const [notification] = await once(control, 'data');
      const backConnectPort = Number(/\d+/.exec(String(notification))?.[0]);
      const server = await connectTo(t, backConnectPort);
      server.pipe(server);
      let notified = 0;
      let fetchAll = () => {};
      control.on('data', (lines) => {
        notified += lines.toString().split('\n').length - 1;
        fetchAll();
      });

      const since = performance.now();
      const flood = await Promise.all(Array.from({ length: 1000 }, () => connectTo(t, port)));
      await broker.line(words);
      client.write('still here');
      assert.equal((await read(client, 10)).toString(), 'still here');

      for (const socket of flood) socket.destroy();
      fetchAll = () => {
        for (; notified > 0; notified -= 1) {
          const echo = connect({ port: backConnectPort, host: '127.0.0.1', allowHalfOpen: true });
          echo.on('error', () => {}).pipe(echo);
          t.after(() => echo.destroy());
        }
      };
      fetchAll();
      const late = await untilLetIn(t, port);
      assert.equal((await read(late, 10)).toString(), 'room again');
      assertOneLine(broker, 'escriptors', since);
    });
  }
});

/** There is no more than one in ten seconds, so that there is one on a machine that is not held up. */
function assertOneLine(broker: Program, words: string, since: number): void {
  const lines = broker.lines.filter((line) => line.includes(words));
  const most = 1 + Math.floor((performance.now() - since) / 10_000);
  assert.ok(lines.length > 0 && lines.length <= most, broker.output);
}

/** A client that says `room again`; it tries again as long as it is refused. */
async function untilLetIn(t: TestContext, port: number): Promise<Socket> {
  for (;;) {
    const client = await connectTo(t, port);
    if (client.closed) continue;
    client.write('room again');
    const answered = await Promise.race([
      once(client, 'readable').then(() => true),
      once(client, 'close').then(() => false),
    ]).catch(() => false);
    if (answered) return client;
  }
}
