import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { RelayError } from 'relay-broker';
import { CLIENT, drawSecret, FakeBroker } from '../../support/fake-broker.ts';
import { emptyFolder } from '../../support/folder.ts';
import { mutePort } from '../../support/mute-port.ts';
import fc from '../../support/properties.ts';
import { runAgent } from '../../support/running-agent.ts';
import { nowhere } from '../../support/station.ts';
import { outcome, read, serve } from '../../support/tcp.ts';

for (const dataPlane of ['auto', 'portable'] as const) {
  describe(`with the data plane ${dataPlane}`, () => {
    test('a client is fetched with its ticket, and its bytes pass both ways', async (t) => {
      const echo = await serve(t, (socket) => socket.pipe(socket));
      const broker = await FakeBroker.start(t, { registered: { registration: 7 } });
      const { next } = runAgent(t, { to: broker.to, target: echo.port, dataPlane });
      const control = await broker.agent();
      const ended = next('connectionEnded');
      const ticket = drawSecret(16);
      const client = await broker.client(control, ticket);
      const echoed = outcome(client);
      client.end('hello');
      assert.deepEqual(await echoed, { data: Buffer.from('hello'), ending: 'eof' });
      assert.deepEqual(
        broker.backConnects.map(({ door, line }) => [door, line]),
        [['back-connect', `[TICKET] {"registration":7,"ticket":"${ticket}"}`]],
      );
      assert.deepEqual(await ended, [
        { bytesToServer: 5, bytesToClient: 5, ending: 'eof', firstEnd: 'client' },
      ]);
    });

    test('a client whose service cannot be reached is reported with its ticket and the reason', async (t) => {
      const closed = await nowhere(t);
      const missing = join(await emptyFolder(t), 'no.sock');
      const targets = [
        [closed.port, 'refused'],
        [`unix:${missing}`, 'refused'],
        ['no.invalid:1', 'unknown-host'],
      ] as const;
      const broker = await FakeBroker.start(t);
      for (const [index, [target, reason]] of targets.entries()) {
        const { next } = runAgent(t, { to: broker.to, target, dataPlane });
        const control = await broker.agent(index + 1);
        const failed = next('connectionFailed');
        const ticket = drawSecret(16);
        control.say('NEW', { ticket, client: CLIENT });
        assert.deepEqual(await control.heard('FAILED'), { ticket, reason });
        assert.equal((await failed)[0].code, 'E_TARGET_UNREACHABLE');
      }
      assert.deepEqual(broker.backConnects, []);
    });

    test('the service learns who its client is, also behind a spare', async (t) => {
      const service = await serve(t, () => {});
      const broker = await FakeBroker.start(t);
      runAgent(t, {
        to: broker.to,
        target: service.port,
        dataPlane,
        proxyProtocol: 'v1',
        spares: 1,
      });
      const control = await broker.agent();
      const header = 'PROXY TCP4 198.51.100.7 127.0.0.1 50112 4000\r\n';
      for (const visit of [() => broker.client(control), () => broker.takeSpare()]) {
        const arrival = once(service, 'connection');
        const client = await visit();
        const [socket] = (await arrival) as [Socket];
        client.end('payload');
        assert.equal((await outcome(socket)).data.toString(), `${header}payload`);
      }
    });
  });
}

test('a client that is being served is not fetched again when the broker repeats itself', async (t) => {
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const broker = await FakeBroker.start(t);
  const { next } = runAgent(t, { to: broker.to, target: echo.port });
  const ticket = drawSecret(16);
  const first = await broker.agent();
  const client = await broker.client(first, ticket);
  client.write('x');
  await read(client, 1);
  first.say('NEW', { ticket, client: CLIENT });
  first.socket.destroy();
  await next('ready');
  const second = await broker.agent(2);
  assert.equal(second.register.resume, first.answers[1]?.body.key);
  second.say('NEW', { ticket, client: CLIENT });
  // By the time that somebody else was fetched, it would have been.
  await broker.client(second);
  assert.equal(broker.backConnects.length, 2);
});

describe('what a broker says', () => {
  test('as a warning is passed on, and can be shown', async (t) => {
    const broker = await FakeBroker.start(t);
    const { next } = runAgent(t, { to: broker.to });
    const told = next('notice');
    (await broker.agent()).say('WARNING', { code: 'key-shared', message: 'look\u001b[2J out' });
    const [code, message] = await told;
    assert.equal(code, 'relay-warning');
    assert.match(
      message,
      /^The relay at .* warns \(key-shared\): look\\u001b\[2J out\. Give every/,
    );
  });

  test('as an error behind the registration ends it, and is told with its code', async (t) => {
    const broker = await FakeBroker.start(t);
    const { next, over, told } = runAgent(t, { to: broker.to, maxRetries: 0 });
    const control = await broker.agent();
    const refused = next('refused');
    control.say('ERROR', { code: 'revoked', message: 'the token was withdrawn' });
    assert.equal((await refused)[0].refusal, 'revoked');
    await assert.rejects(over, { code: 'E_REFUSED', refusal: 'revoked' });
    assert.deepEqual(told, ['dataPlane', 'connected', 'ready', 'refused', 'lost']);
  });

  test('in unknown words is answered, and the registration goes on', async (t) => {
    const broker = await FakeBroker.start(t);
    runAgent(t, { to: broker.to });
    const control = await broker.agent();
    control.say('WEATHER', { rain: true });
    assert.equal((await control.heard('ERROR')).code, 'word-unknown');
    // Not answered, or two ends that do not understand each other would go on for ever.
    control.say('ERROR', { code: 'word-unknown', message: 'what?' });
    control.say('WEATHER', {});
    await control.heard('ERROR', 2);
    assert.equal(control.lines.filter(({ word }) => word === 'ERROR').length, 2);
  });

  for (const [what, line] of [
    ['no message', 'HTTP/1.1 200 OK'],
    ['the basic protocol', '[NEW] 4000'],
    ['a ticket too short', '[NEW] {"ticket":"short","client":{"address":"::1","port":1}}'],
    ['nobody to fetch', `[NEW] {"ticket":"${'t'.repeat(22)}"}`],
    ['a second registration', '[CHALLENGE] {"version":1,"nonce":"nnnnnnnnnnnnnnnn"}'],
    ['a line too long', `[NEW] {"ticket":"${'t'.repeat(5000)}"}`],
  ] as const) {
    test(`that is ${what} ends the connection, and nobody is dialled`, async (t) => {
      const target = await serve(t, () => assert.fail('the target was dialled'));
      const broker = await FakeBroker.start(t);
      const { over } = runAgent(t, { to: broker.to, target: target.port, maxRetries: 0 });
      const control = await broker.agent();
      control.socket.write(`${line}\n`);
      await assert.rejects(over, { code: 'E_NOT_A_RELAY' });
      await control.closed();
    });
  }

  test('in whatever bytes ends the registration in order, if it does', async (t) => {
    const broker = await FakeBroker.start(t);
    const target = await serve(t, () => {});
    const word = fc.constantFrom('NEW', 'PING', 'ERROR', 'WARNING', 'REGISTERED', 'X');
    const line = fc.tuple(word, fc.json()).map(([name, json]) => `[${name}] ${json}\n`);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(line).map((lines) => lines.join('')),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (said) => {
        const { next, over } = runAgent(t, { to: broker.to, target: target.port, maxRetries: 0 });
        await next('ready');
        broker.registered.at(-1)?.socket.end(said);
        await assert.rejects(over, (error) => error instanceof RelayError);
      }),
      { numRuns: 50 },
    );
  });

  test('of its name is no more than a name', async (t) => {
    for (const [host, expected] of [
      ['relay.example.net', 'relay.example.net'],
      ['2001:db8::1', '2001:db8::1'],
      ['evil\u001b]0;title\u0007', '127.0.0.1'],
      ['a b', '127.0.0.1'],
      ['$(reboot)', '127.0.0.1'],
      ['-rf', '127.0.0.1'],
    ]) {
      const broker = await FakeBroker.start(t, { registered: { host } });
      const { next } = runAgent(t, { to: broker.to });
      const [grant] = await next('ready');
      assert.equal(grant.host, expected);
    }
    const broker = await FakeBroker.start(t, { registered: { host: '2001:db8::1' } });
    const { next } = runAgent(t, { to: broker.to });
    assert.equal((await next('ready'))[0].address, '[2001:db8::1]:4000');
  });

  for (const [door, most] of [
    ['back-connect', 256],
    ['control', 64],
  ] as const) {
    test(`of thousands of clients is read no faster than they are fetched by the ${door} port`, async (t) => {
      const broker = await FakeBroker.start(t, { registered: { heartbeat: 0.02, deadline: 0.04 } });
      const target = await mutePort(t);
      const { told } = runAgent(t, { to: broker.to, target, singlePort: door === 'control' });
      const control = await broker.agent();
      const before = broker.visitors[door];
      for (let n = 0; n < 5000; n += 1) {
        control.say('NEW', { ticket: drawSecret(16), client: CLIENT });
      }
      await broker.visited(before + most, door);
      // Several deadlines long, in which the broker says nothing that is read: that is no silence.
      const beats = control.lines.filter(({ word }) => word === 'PING').length;
      await control.heard('PING', beats + 10);
      assert.equal(broker.visitors[door] - before, most);
      assert.ok(!told.includes('lost'));
    });
  }
});

describe('an agent that leaves', () => {
  test('says so, and that is the last that the relay hears', async (t) => {
    const broker = await FakeBroker.start(t);
    const { agent, next } = runAgent(t, { to: broker.to });
    await next('ready');
    await agent.close();
    const control = await broker.agent();
    await control.closed();
    assert.equal(control.lines.at(-1)?.word, 'BYE');
  });

  test('says nothing when somebody will come back with its state', async (t) => {
    const broker = await FakeBroker.start(t);
    const state = join(await emptyFolder(t), 'state.json');
    const { agent, next } = runAgent(t, { to: broker.to, state });
    await next('ready');
    await agent.close();
    const control = await broker.agent();
    await control.closed();
    assert.deepEqual(
      control.lines.map(({ word }) => word),
      ['HELLO', 'REGISTER'],
    );
  });

  test('lets its connections finish, and is not held up by a relay that does not answer', async (t) => {
    const echo = await serve(t, (socket) => socket.pipe(socket));
    const broker = await FakeBroker.start(t);
    const { agent, over } = runAgent(t, { to: broker.to, target: echo.port });
    const control = await broker.agent();
    const client = await broker.client(control);
    control.socket.removeAllListeners('end').pause();
    const closing = agent.close();
    const echoed = outcome(client);
    client.end('the rest');
    assert.deepEqual(await echoed, { data: Buffer.from('the rest'), ending: 'eof' });
    await Promise.all([closing, over]);
  });
});

describe('spares', () => {
  test('are as many as asked for, but no more than the relay takes', async (t) => {
    const { port: target } = await serve(t, () => {});
    for (const [spares, expected] of [
      [5, 3],
      [2, 2],
    ] as const) {
      const broker = await FakeBroker.start(t, { registered: { maxSpares: 3, registration: 9 } });
      runAgent(t, { to: broker.to, target, spares });
      const { line } = await broker.backConnect('[SPARE]', expected);
      assert.equal(line, `[SPARE] {"registration":9,"ticket":"${'s'.repeat(22)}"}`);
      // One more spare would have been dialled before this client was.
      await broker.client(await broker.agent());
      assert.equal(broker.visitors['back-connect'], expected + 1);
    }
  });

  for (const target of ['a port', 'a server object'] as const) {
    test(`serve clients at once with ${target}, speaking first, and are replaced`, async (t) => {
      const greet = (socket: Socket) => {
        socket.write('welcome, ');
        socket.pipe(socket);
      };
      const service = await serve(t, greet);
      const broker = await FakeBroker.start(t);
      const { next } = runAgent(t, {
        to: broker.to,
        target: target === 'a port' ? service.port : service,
        spares: 1,
      });
      for (let n = 1; n <= 5; n += 1) {
        const ended = next('connectionEnded');
        const client = await broker.takeSpare(n);
        const answer = outcome(client);
        client.end(`client ${n}`);
        assert.equal((await answer).data.toString(), `welcome, client ${n}`);
        assert.deepEqual(await ended, [
          { bytesToServer: 8, bytesToClient: 17, ending: 'eof', firstEnd: 'client' },
        ]);
      }
      assert.equal(broker.registered[0]?.lines.length, 2);
    });
  }

  test('report a client whose service cannot be reached', async (t) => {
    const closed = await nowhere(t);
    const broker = await FakeBroker.start(t);
    const { next } = runAgent(t, { to: broker.to, target: closed.port, spares: 1 });
    const failed = next('connectionFailed');
    const client = await broker.takeSpare(1, 'u'.repeat(22));
    const ending = outcome(client);
    assert.deepEqual(await (await broker.agent()).heard('FAILED'), {
      ticket: 'u'.repeat(22),
      reason: 'refused',
    });
    assert.equal((await failed)[0].code, 'E_TARGET_UNREACHABLE');
    assert.equal((await ending).ending, 'ECONNRESET');
  });

  test('are replaced after a while when they are lost, and the user is told', async (t) => {
    const broker = await FakeBroker.start(t);
    const { next } = runAgent(t, { to: broker.to, spares: 2 });
    const told = next('notice');
    const lost = await broker.backConnect('[SPARE]', 2);
    const since = performance.now();
    lost.socket.destroy();
    const [code] = await told;
    assert.equal(code, 'spare-lost');
    await broker.backConnect('[SPARE]', 3);
    assert.ok(performance.now() - since > 900);
  });

  test('go with the control connection, and come back with the next', async (t) => {
    const broker = await FakeBroker.start(t);
    runAgent(t, { to: broker.to, spares: 2 });
    const spares = [await broker.backConnect('[SPARE]', 1), await broker.backConnect('[SPARE]', 2)];
    const endings = spares.map(({ socket }) => outcome(socket));
    (await broker.agent()).socket.destroy();
    await Promise.all(endings);
    await broker.agent(2);
    await broker.backConnect('[SPARE]', 4);
  });

  test('that are told nonsense end the registration', async (t) => {
    const broker = await FakeBroker.start(t);
    const { over } = runAgent(t, { to: broker.to, spares: 1, maxRetries: 0 });
    const { socket } = await broker.backConnect('[SPARE]');
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await assert.rejects(over, { code: 'E_NOT_A_RELAY' });
  });

  test('are handed to an http.Server with the first bytes of their client', async (t) => {
    const web = createHttpServer((request, response) => response.end(`asked for ${request.url}`));
    const broker = await FakeBroker.start(t);
    runAgent(t, { to: broker.to, target: web, spares: 1 });
    const client = await broker.takeSpare();
    const answer = outcome(client);
    client.write('GET /first HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    assert.match((await answer).data.toString(), /asked for \/first/);
  });
});
