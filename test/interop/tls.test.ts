import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { reset } from '#src/data-plane/portable/reset.ts';
import { dial } from '#src/data-plane/portable/sockets.ts';
import { overTls } from '#src/data-plane/portable/tls.ts';
import { emptyFolder } from '../support/folder.ts';
import { needs } from '../support/needs.ts';
import { acceptOne, connectAs, join } from '../support/pairs.ts';
import { Program } from '../support/program.ts';
import { outcome, read } from '../support/tcp.ts';
import { AUTHORITY, SERVER, VERSIONS } from '../support/tls.ts';

const TRUSTING = { ca: AUTHORITY.cert };

/** The certificates in files, by what they are. */
async function inFiles(t: TestContext): Promise<{ ca: string; cert: string; key: string }> {
  const folder = await emptyFolder(t);
  const texts = { ca: AUTHORITY.cert, ...SERVER };
  const file = async (name: keyof typeof texts) => {
    const path = joinPath(folder, `${name}.pem`);
    await writeFile(path, texts[name]);
    return path;
  };
  return { ca: await file('ca'), cert: await file('cert'), key: await file('key') };
}

async function buildPeer(t: TestContext): Promise<string> {
  const binary = joinPath(await emptyFolder(t), 'tls-peer');
  const build = new Program(t, 'go', ['build', '-o', binary, 'test/interop/tls-peer.go']);
  if ((await build.exited) !== 0) throw new Error(build.output);
  return binary;
}

for (const version of VERSIONS) {
  const number = version.slice('TLSv'.length);
  const flag = `-tls${number.replace('.', '_')}`;

  describe(`Go over ${version}`, needs('go'), () => {
    test('ends its direction as a client, and gets its answer in its time', async (t) => {
      const { port, accepted } = await acceptOne(t, version);
      const { ca } = await inFiles(t);
      const at = `127.0.0.1:${port}`;
      const client = new Program(t, await buildPeer(t), ['client', number, ca, at]);
      const server = await connectAs(t, 'plain');
      const { ended } = join(await accepted, server.own);
      const asked = await outcome(server.peer);
      assert.deepEqual(asked, { data: Buffer.from('question'), ending: 'eof' });
      server.peer.write('a long ');
      setTimeout(() => server.peer.end('answer'), 500);
      await client.line(/^heard "a long answer" to its end$/);
      assert.equal(await client.exited, 0);
      assert.deepEqual(await ended, {
        bytesToServer: 8,
        bytesToClient: 13,
        ending: 'eof',
        firstEnd: 'client',
      });
    });

    test('does not take a reset for the end of an answer', async (t) => {
      const { port, accepted } = await acceptOne(t, version);
      const { ca } = await inFiles(t);
      const at = `127.0.0.1:${port}`;
      const client = new Program(t, await buildPeer(t), ['client', number, ca, at]);
      const own = await accepted;
      assert.equal(String(await read(own, 8)), 'question');
      // Before its end is out, the reset would meet that, not the answer.
      await client.line(/^asked$/);
      own.write('half of an answ');
      reset(own);
      await client.line(/ and .*(reset|EOF)/);
      assert.equal(await client.exited, 1);
    });

    test('hears the end that a dialled connection says, and answers with its own', async (t) => {
      const { cert, key } = await inFiles(t);
      const server = new Program(t, await buildPeer(t), ['server', number, cert, key]);
      const [, port] = await server.line(/^port (\d+)$/);
      const to = { host: '127.0.0.1', port: Number(port) };
      const client = await connectAs(t, 'plain');
      const { ended } = join(client.own, await dial(to, true, overTls(TRUSTING)).connected);
      const answered = outcome(client.peer);
      client.peer.end('question');
      assert.deepEqual(await answered, { data: Buffer.from('answer'), ending: 'eof' });
      await server.line(/^heard "question" to its end$/);
      assert.deepEqual(await ended, {
        bytesToServer: 8,
        bytesToClient: 6,
        ending: 'eof',
        firstEnd: 'client',
      });
    });
  });

  describe(`OpenSSL over ${version}`, needs('openssl'), () => {
    test('as a client has its end passed on', async (t) => {
      const { port, accepted } = await acceptOne(t, version);
      const { ca } = await inFiles(t);
      const options = `-connect 127.0.0.1:${port} ${flag} -CAfile ${ca} -verify_return_error`;
      new Program(t, 'sh', ['-c', `printf question | openssl s_client ${options}`]);
      const server = await connectAs(t, 'plain');
      join(await accepted, server.own);
      const asked = await outcome(server.peer);
      assert.deepEqual(asked, { data: Buffer.from('question'), ending: 'eof' });
    });

    test('as a server is dialled, and says its end', async (t) => {
      const { cert, key } = await inFiles(t);
      const options = ['-rev', '-naccept', '1', '-cert', cert, '-key', key, flag];
      const server = new Program(t, 'openssl', ['s_server', '-accept', '127.0.0.1:0', ...options]);
      const [, port] = await server.line(/^ACCEPT .*:(\d+)$/);
      const to = { host: '127.0.0.1', port: Number(port) };
      const client = await connectAs(t, 'plain');
      const { ended } = join(client.own, await dial(to, true, overTls(TRUSTING)).connected);
      client.peer.write('desserts\n');
      assert.equal(String(await read(client.peer, 9)), 'stressed\n');
      const answered = outcome(client.peer);
      client.peer.end();
      assert.equal((await answered).ending, 'eof');
      assert.equal((await ended).ending, 'eof');
    });
  });
}
