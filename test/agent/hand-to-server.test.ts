import assert from 'node:assert/strict';
import { createServer as createWebServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { handToServer } from '#src/agent/hand-to-server.ts';
import { dialSpareForServer } from '#src/agent/spare-for-server.ts';
import { dial } from '#src/data-plane/portable/sockets.ts';
import { nowhere, station } from '../support/station.ts';
import { outcome, read } from '../support/tcp.ts';

const hello = '[SPARE] {"registration":1,"ticket":"0123456789abcdef"}\n';
const line = '[TAKEN] {"ticket":"fedcba9876543210","client":{"address":"192.0.2.1","port":1}}';
const preface = Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n');

/** A server object that is listening nowhere, and answers with all it got when its client has ended. */
function repeater({ allowHalfOpen = true } = {}): Server {
  return createServer({ allowHalfOpen }, (socket) => {
    const chunks: Buffer[] = [];
    socket.on('error', () => {});
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => socket.end(Buffer.concat(chunks)));
  });
}

/** A spare that was taken, with what its client sent in one go with the line. */
async function taken(t: TestContext, server: Server, early = '') {
  const relay = await station(t);
  const { host, port } = relay;
  const spare = dialSpareForServer({ host, port, hello }, server);
  const client = await relay.next();
  await read(client, hello.length);
  client.write(`${line}\n${early}`);
  assert.equal(await spare.taken, line);
  return { spare, client };
}

describe('a connection that is handed to a server object', () => {
  test('begins with the hello and the preface, and counts neither', async (t) => {
    const relay = await station(t, (socket) => socket.end('request'));
    const pair = handToServer(dial(relay), 'hello\n', repeater(), preface);
    const seen = await outcome(await relay.next());
    assert.equal(String(seen.data), `hello\n${preface}request`);
    const bytesToClient = preface.length + 7;
    assert.deepEqual(await pair.ended, {
      bytesToServer: 7,
      bytesToClient,
      ending: 'eof',
      firstEnd: 'client',
    });
  });

  test('says nothing to a relay that is not there', async (t) => {
    const server = repeater();
    server.on('connection', () => assert.fail('there is none'));
    const pair = handToServer(dial(await nowhere(t)), 'hello\n', server, preface);
    await assert.rejects(pair.ended, { name: 'DialError', side: 'relay' });
  });
});

describe('a spare for a server object', () => {
  test('is handed over with what came behind its line', async (t) => {
    const { spare, client } = await taken(t, repeater(), 'early ');
    const pair = spare.serve(preface);
    const seen = outcome(client);
    client.end('and late');
    assert.equal(String((await seen).data), `${preface}early and late`);
    const bytesToClient = preface.length + 14;
    assert.deepEqual(await pair.ended, {
      bytesToServer: 14,
      bytesToClient,
      ending: 'eof',
      firstEnd: 'client',
    });
  });

  test('is as good as any for a web server, whenever the request comes', async (t) => {
    const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const web = createWebServer((incoming, response) => response.end(`<${incoming.url}>`));
    const early = request('/one') + request('/two').slice(0, 20);
    const { spare, client } = await taken(t, web, early);
    const pair = spare.serve(undefined);
    const seen = outcome(client);
    client.end(request('/two').slice(20));
    const answer = String((await seen).data);
    assert.deepEqual(answer.match(/<.*>/g), ['</one>', '</two>']);
    assert.equal((await pair.ended).ending, 'eof');
  });

  for (const allowHalfOpen of [true, false]) {
    test(`passes on an end that came before it was served, allowHalfOpen ${allowHalfOpen}`, async (t) => {
      for (const early of ['', 'request']) {
        const server = repeater({ allowHalfOpen });
        const { spare, client } = await taken(t, server, early);
        client.end();
        // In time to be read while nobody is there for it.
        for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
        const seen = outcome(client);
        const pair = spare.serve(undefined);
        assert.deepEqual(await seen, { data: Buffer.from(early), ending: 'eof' });
        const report = {
          bytesToServer: early.length,
          bytesToClient: early.length,
          ending: 'eof',
          firstEnd: 'client',
        };
        assert.deepEqual(await pair.ended, report);
      }
    });
  }

  test('ends as one whose client left when that is so', async (t) => {
    const server = repeater();
    const { spare, client } = await taken(t, server, 'request');
    client.resetAndDestroy();
    const { ending } = await spare.serve(undefined).ended;
    assert.equal(ending, 'client-reset');
  });

  test('is reset when it is cut, also once it is served', async (t) => {
    for (const isServed of [false, true]) {
      const { spare, client } = await taken(t, repeater());
      const seen = outcome(client);
      const pair = isServed ? spare.serve(undefined) : undefined;
      await pair?.dialled;
      spare.cut();
      assert.equal((await seen).ending, 'ECONNRESET');
      if (pair !== undefined) assert.equal((await pair.ended).ending, 'cut');
    }
  });

  test('is lost when the relay ends it', async (t) => {
    const relay = await station(t, (socket: Socket) => socket.end());
    const { host, port } = relay;
    const spare = dialSpareForServer({ host, port, hello }, repeater());
    const seen = relay.next().then(outcome);
    await assert.rejects(spare.taken, { name: 'DialError', side: 'relay' });
    assert.equal((await seen).ending, 'ECONNRESET');
  });
});
