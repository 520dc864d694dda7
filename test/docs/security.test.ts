import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import test from 'node:test';
import { Program } from '../support/program.ts';
import { connectTo, freePorts, outcome, serve } from '../support/tcp.ts';
import { tlsFiles } from '../support/tls-files.ts';

test('the production set-up in five lines serves, with but the addresses changed', async (t) => {
  const page = await readFile('docs/security.md', 'utf8');
  const block = /```sh\n(.*?)```/s.exec(page)?.[1] ?? '';
  const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  assert.equal(lines.length, 4, 'and a comment');
  const [create = '', protect = '', broker = '', agent = ''] = lines;

  const { folder, ca } = await tlsFiles(t);
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const first = await freePorts(10);
  const here = (command: string) =>
    command
      .replace(/^relay-(broker|agent)/, `node ${resolve('dist/cli')}/relay-$1.js`)
      .replace(' 8443 ', ' 0 --host 127.0.0.1 ')
      .replace('20000-20999', `${first}-${first + 9}`)
      .replace(' 3000 ', ` ${echo.port} `)
      .replace('--tls ', `--tls --tls-ca ${ca} `);
  const run = (command: string) =>
    new Program(t, 'sh', ['-c', `cd ${folder} && exec ${here(command)}`]);

  assert.equal(await run(create).exited, 0);
  assert.equal(await run(protect).exited, 0);
  const relay = run(broker);
  const [, controlPort] = await relay.line(/Control connections on port (\d+)/);
  const service = run(agent.replace('relay.example.net:8443', `localhost:${controlPort}`));
  const [, port] = await relay.line(/Serving relay requests on port (\d+)/);
  assert.ok(Number(port) >= first && Number(port) < first + 10, `port ${port}`);
  const client = await connectTo(t, Number(port));
  const echoed = outcome(client);
  client.end('in production');
  assert.equal((await echoed).data.toString(), 'in production');
  service.signal('SIGTERM');
  assert.equal(await service.exited, 0);
  relay.signal('SIGTERM');
  assert.equal(await relay.exited, 0);
});
