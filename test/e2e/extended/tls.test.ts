import assert from 'node:assert/strict';
import { randomBytes, X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { runJsonAgent } from '../../support/json-agent.ts';
import { runBroker } from '../../support/program.ts';
import { tappedProxy } from '../../support/tapped-proxy.ts';
import { connectTo, outcome, serve, visit } from '../../support/tcp.ts';
import { type TlsFiles, tlsFiles } from '../../support/tls-files.ts';

const MIB = 1024 * 1024;

async function tlsBroker(t: TestContext, files: TlsFiles, ...options: string[]) {
  return runBroker(t, '--tls-cert', files.cert, '--tls-key', files.key, ...options);
}

const trusting = ({ ca }: TlsFiles) => ['--tls', '--tls-ca', ca, '--max-retries', '0'];

describe('over TLS', { concurrency: 2 }, () => {
  for (const single of [[], ['--single-port'], ['--spares', '2']]) {
    test(`8 MiB come back whole to a client that half-closes ${single.join(' ')}`, async (t) => {
      const files = await tlsFiles(t);
      const echo = await serve(t, (socket) => socket.pipe(socket));
      const broker = await tlsBroker(t, files);
      const options = [...trusting(files), ...single];
      const agent = runJsonAgent(t, echo.port, broker.controlPort, ...options);
      const client = await connectTo(t, await agent.port());
      const sent = randomBytes(8 * MIB);
      const echoed = outcome(client);
      client.end(sent);
      assert.deepEqual(await echoed, { data: sent, ending: 'eof' });
    });
  }

  test('a reset passes through both ways', async (t) => {
    const files = await tlsFiles(t);
    const heard: Promise<string>[] = [];
    const service = await serve(t, (socket) => {
      socket.write('hello');
      if (heard.length > 0) socket.resetAndDestroy();
      else heard.push(outcome(socket).then(({ data, ending }) => `${data}${ending}`));
    });
    const broker = await tlsBroker(t, files);
    const agent = runJsonAgent(t, service.port, broker.controlPort, ...trusting(files));
    const port = await agent.port();
    const leaving = await connectTo(t, port);
    await new Promise((resolve) => leaving.once('data', resolve));
    leaving.resetAndDestroy();
    await agent.event('connectionEnded');
    assert.deepEqual(await Promise.all(heard), ['ECONNRESET']);
    const client = await connectTo(t, port);
    assert.equal((await outcome(client)).ending, 'ECONNRESET');
  });

  test('what passes between agent and broker cannot be read', async (t) => {
    const files = await tlsFiles(t);
    const echo = await serve(t, (socket) => socket.pipe(socket));
    const broker = await tlsBroker(t, files);
    const proxy = await tappedProxy(t, broker.controlPort);
    const options = [...trusting(files), '--single-port'];
    const agent = runJsonAgent(t, echo.port, proxy.port, ...options);
    assert.equal(
      await visit(t, await agent.port(), 'a secret of the service'),
      'a secret of the service',
    );
    const wire = Buffer.concat(proxy.seen.flatMap((each) => [...each.toAgent, ...each.toBroker]));
    assert.ok(wire.length > 1000);
    for (const word of ['secret', 'HELLO', 'TICKET', 'NEW']) assert.ok(!wire.includes(word), word);
  });

  test('an agent without TLS is refused, and one that does not trust the broker says so', async (t) => {
    const files = await tlsFiles(t);
    const broker = await tlsBroker(t, files);
    const plain = runJsonAgent(t, 1, broker.controlPort, '--max-retries', '0');
    assert.equal((await plain.event('refused')).code, 'tls-required');
    assert.equal(await plain.program.exited, 1);
    const wary = runJsonAgent(t, 1, broker.controlPort, '--tls', '--max-retries', '0');
    assert.equal(await wary.program.exited, 1);
    assert.match(wary.program.output, /certificate/);
  });

  test('with an authority for clients, only who has a certificate of it may register', async (t) => {
    const files = await tlsFiles(t);
    const broker = await tlsBroker(t, files, '--tls-client-ca', files.ca);
    const { cert, key } = files.authority.client('agent-1');
    const [certFile, keyFile] = [join(files.folder, 'agent.pem'), join(files.folder, 'agent.key')];
    await writeFile(certFile, cert);
    await writeFile(keyFile, key, { mode: 0o600 });
    const certificate = ['--tls-cert', certFile, '--tls-key', keyFile];
    const known = runJsonAgent(t, 1, broker.controlPort, ...trusting(files), ...certificate);
    await known.event('ready');
    const unknown = runJsonAgent(t, 1, broker.controlPort, ...trusting(files));
    assert.equal(await unknown.program.exited, 1);
    assert.doesNotMatch(unknown.program.output, /"event":"ready"/);
    const basic = await connectTo(t, broker.controlPort);
    assert.match((await outcome(basic)).data.toString(), /basic-refused/);
  });

  test('clients speak TLS to the public port, and the service gets plain bytes', async (t) => {
    const files = await tlsFiles(t);
    const echo = await serve(t, (socket) => socket.pipe(socket));
    const broker = await tlsBroker(t, files, '--client-tls');
    const agent = runJsonAgent(t, echo.port, broker.controlPort, ...trusting(files));
    const port = await agent.port();
    // tls.connect() takes allowHalfOpen from the socket that it is given.
    const socket = await connectTo(t, port);
    const client = connectTls({ socket, ca: files.authority.cert, servername: 'localhost' });
    client.on('error', () => {});
    t.after(() => client.destroy());
    const echoed = outcome(client);
    client.end('private');
    assert.deepEqual(await echoed, { data: Buffer.from('private'), ending: 'eof' });
  });

  test('a new certificate is used without a restart, and a bad one is not', async (t) => {
    const files = await tlsFiles(t);
    const broker = await tlsBroker(t, files);
    const fingerprint = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connectTls({ port: broker.controlPort, ca: files.authority.cert }, () => {
          resolve(socket.getPeerCertificate().fingerprint256);
          socket.destroy();
        });
        socket.on('error', reject);
      });
    const before = await fingerprint();
    await writeFile(files.cert, 'no certificate');
    await broker.line(/certificate/i);
    assert.equal(await fingerprint(), before);
    const { cert, key } = files.authority.server();
    await writeFile(files.key, key);
    await writeFile(files.cert, cert);
    // Nothing is said of a file that is as it should be.
    let after = before;
    while (after === before) {
      await delay(50);
      after = await fingerprint();
    }
    assert.equal(after, new X509Certificate(cert).fingerprint256);
  });
});
