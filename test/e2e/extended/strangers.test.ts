import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { runJsonAgent } from '../../support/json-agent.ts';
import { runBroker } from '../../support/program.ts';
import { connectTo, serve, visit } from '../../support/tcp.ts';

const CLIENTS = 200;
const STRANGERS = 50;

/** Knocks again and again, each time with one of these openings, until told to stop. Counts what it got to read. */
function harass(t: TestContext, port: number, openings: string[]) {
  const loot = { bytes: 0, knocks: 0, stop: () => over.abort() };
  const over = new AbortController();
  const open = new Set<Socket>();
  t.after(() => {
    over.abort();
    for (const socket of open) socket.destroy();
  });
  const knock = () => {
    if (over.signal.aborted) return;
    // From elsewhere: those of one address push out each other.
    const socket = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.2' });
    open.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      loot.bytes += chunk.length;
    });
    socket.on('close', () => {
      open.delete(socket);
      setImmediate(knock);
    });
    socket.write(openings[loot.knocks % openings.length] ?? '');
    loot.knocks += 1;
  };
  for (let n = 0; n < STRANGERS; n += 1) knock();
  return loot;
}

const OPENINGS = [
  '',
  'GET / HTTP/1.1\r\n\r\n',
  '[TICKET] {"registration":1,"ticket":"AAAAAAAAAAAAAAAAAAAAAA"}\nmine',
  '[SPARE] {"registration":1,"ticket":"AAAAAAAAAAAAAAAAAAAAAA"}\n',
  '[TICKET] {"registration":1',
  'x'.repeat(2000),
];

for (const plane of ['auto', 'portable']) {
  describe(`with the data plane ${plane}`, () => {
    for (const door of ['back-connect port', 'control port'] as const) {
      test(`strangers who flood the ${door} steal none of 200 clients`, async (t) => {
        const echo = await serve(t, (socket) => socket.pipe(socket));
        const broker = await runBroker(t, '--verbose', '--data-plane', plane);
        const single = door === 'control port' ? ['--single-port'] : [];
        const options = ['--data-plane', plane, ...single];
        const agent = runJsonAgent(t, echo.port, broker.controlPort, ...options);
        const port = await agent.port();
        const [, backConnectPort] = await broker.line(/back-connects on port (\d+)/);
        const flooded = door === 'control port' ? broker.controlPort : Number(backConnectPort);
        const loot = harass(t, flooded, OPENINGS);
        await Promise.all(
          Array.from({ length: CLIENTS }, async (_, n) => {
            assert.equal(await visit(t, port, `client ${n}`), `client ${n}`);
          }),
        );
        loot.stop();
        assert.ok(loot.knocks > STRANGERS, `${loot.knocks} knocks`);
        // The back-connect port says nothing to strangers, the control port no more than [ERROR].
        if (door === 'back-connect port') assert.equal(loot.bytes, 0);
      });
    }
  });
}

test('slow handshakes at the limit do not stop a good agent', async (t) => {
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const broker = await runBroker(t);
  const slow = Array.from({ length: 1200 }, (_, n) =>
    connectTo(t, broker.controlPort, { localAddress: `127.0.0.${1 + (n % 12)}` }).then((socket) =>
      socket.write('[HELLO] {"version"'),
    ),
  );
  await Promise.all(slow);
  const agent = runJsonAgent(t, echo.port, broker.controlPort, '--max-retries', '0');
  assert.equal(await visit(t, await agent.port(), 'through the crowd'), 'through the crowd');
});
