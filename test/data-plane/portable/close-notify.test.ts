import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { createServer, type TLSSocket } from 'node:tls';
import { endByCloseNotify } from '#src/data-plane/portable/close-notify.ts';
import { outcome, serve } from '../../support/tcp.ts';
import { connectSecurely, SERVER } from '../../support/tls.ts';

/** A TLS 1.3 server of Node's own, which hands out connections while it sends tickets. */
async function serveWithTickets(
  t: TestContext,
  onConnection: (socket: TLSSocket) => void,
): Promise<number> {
  const encrypted = createServer(SERVER, (socket) => {
    endByCloseNotify(socket);
    onConnection(socket);
  });
  const { port } = await serve(t, (socket) => encrypted.emit('connection', socket));
  return port;
}

test('an end in the turn of the handshake goes out behind the tickets', async (t) => {
  const port = await serveWithTickets(t, (socket) => socket.end('answer'));
  for (let n = 0; n < 10; n += 1) {
    const client = await connectSecurely(t, port);
    assert.deepEqual(await outcome(client), { data: Buffer.from('answer'), ending: 'eof' });
  }
});

test('an answer to an end that came with the handshake ends behind the tickets', async (t) => {
  const port = await serveWithTickets(t, (socket) => {
    socket.resume().on('end', () => socket.end());
  });
  for (let n = 0; n < 10; n += 1) {
    const client = await connectSecurely(t, port);
    const received = outcome(client);
    client.end(Buffer.alloc(100_000));
    assert.equal((await received).ending, 'eof');
    if (!client.closed) await once(client, 'close');
  }
});
