import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import type { BrokerOptions } from '#src/options/broker-options.ts';
import { startBroker, told } from '../support/broker.ts';
import { createAuthority } from '../support/certificates.ts';
import { backConnect, connectAgent, registerAgent } from '../support/extended-agent.ts';
import { emptyFolder } from '../support/folder.ts';
import { connectTo, outcome } from '../support/tcp.ts';

const authority = createAuthority();
const identity = authority.server();
const tls = { ca: authority.cert };

/** A broker with a certificate. */
async function startSecured(t: TestContext, options: Partial<BrokerOptions> = {}) {
  const folder = await emptyFolder(t);
  const [tlsCert, tlsKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(tlsCert, identity.cert);
  await writeFile(tlsKey, identity.key);
  return { folder, ...(await startBroker(t, { tlsCert, tlsKey, ...options })) };
}

async function connectClient(t: TestContext, port: number): Promise<TLSSocket> {
  const client = connect({ ...tls, port, host: '127.0.0.1' });
  client.on('error', () => {});
  t.after(() => client.destroy());
  await once(client, 'secureConnect');
  return client;
}

describe('a broker with a certificate', () => {
  test('serves an agent all of whose connections are encrypted', async (t) => {
    const { broker, port } = await startSecured(t);
    const registered = told(broker, 'registered');
    const { agent, granted } = await registerAgent(t, port, {}, { tls });
    assert.equal((await registered)[0].secured, true);
    const { registration } = granted;
    for (const at of [granted.backConnectPort, port]) {
      const client = await connectTo(t, granted.port);
      const { ticket } = await agent.line('NEW', at === port ? 2 : 1);
      const server = await backConnect(t, at, { word: 'TICKET', registration, ticket }, { tls });
      const answer = outcome(client);
      server.end('served');
      assert.deepEqual(await answer, { data: Buffer.from('served'), ending: 'eof' });
    }
  });

  test('takes no agent that is not encrypted, nor a registrant of the basic protocol', async (t) => {
    const { broker, port } = await startSecured(t);
    await assert.rejects(registerAgent(t, port), /tls-required/);
    const refused = told(broker, 'refused');
    const { data } = await outcome(await connectTo(t, port));
    assert.match(String(data), /^\[ERROR\] \{"code":"basic-refused"/);
    assert.equal((await refused)[1], 'basic-refused');
  });

  test('takes no back-connect that is not encrypted, on either port', async (t) => {
    const { broker, port } = await startSecured(t);
    const { agent, granted } = await registerAgent(t, port, {}, { tls });
    const { registration } = granted;
    const client = await connectTo(t, granted.port);
    const { ticket } = await agent.line('NEW');
    const line = { word: 'TICKET', registration, ticket } as const;
    const refused = told(broker, 'refused');
    assert.equal((await outcome(await backConnect(t, port, line))).data.length, 0);
    assert.equal((await refused)[1], 'back-connect');
    await outcome(await backConnect(t, granted.backConnectPort, line));
    const server = await backConnect(t, port, line, { tls });
    server.end('served');
    assert.equal(String((await outcome(client)).data), 'served');
  });

  test('lets in only agents with a certificate, if they need one', async (t) => {
    const folder = await emptyFolder(t);
    const tlsClientCa = join(folder, 'ca.pem');
    await writeFile(tlsClientCa, authority.cert);
    const { broker, port } = await startSecured(t, { tlsClientCa });
    const refused = told(broker, 'refused');
    const stranger = await connectAgent(t, port, { tls: { ...tls, maxVersion: 'TLSv1.3' } });
    assert.notEqual(await stranger.ended, 'eof');
    assert.equal((await refused)[1], 'tls');
    const certified = { tls: { ...tls, ...authority.client('agent') } };
    await registerAgent(t, port, {}, certified);
  });

  test('encrypts the public port if that is wanted, for both protocols', async (t) => {
    const { broker, port } = await startSecured(t, { clientTls: true, allowBasic: '127.0.0.1' });
    const { agent, granted } = await registerAgent(t, port, {}, { tls });
    const { registration, backConnectPort } = granted;
    const client = await connectClient(t, granted.port);
    const { ticket } = await agent.line('NEW');
    const line = { word: 'TICKET', registration, ticket } as const;
    (await backConnect(t, backConnectPort, line, { tls })).end('served');
    assert.equal(String((await outcome(client)).data), 'served');

    const registered = told(broker, 'registered');
    await connectTo(t, port);
    await connectClient(t, (await registered)[0].clientPort);
  });
});
