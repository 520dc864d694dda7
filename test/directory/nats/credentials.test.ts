import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { type ConnectionOptions, checkServerIdentity, type PeerCertificate } from 'node:tls';
import { nkeys } from '@nats-io/transport-node';
import { connectionOptions, type NatsSettings } from '#src/directory/nats/connection-options.ts';
import { NatsStore } from '#src/directory/nats/nats-store.ts';
import { claimed } from '../../support/claims.ts';
import { TestFleet } from '../../support/fleet-members.ts';
import { emptyFolder } from '../../support/folder.ts';
import { startNats } from '../../support/nats.ts';
import { needs } from '../../support/needs.ts';
import { tlsFiles } from '../../support/tls-files.ts';

const FLEET = { cluster: 'nats://127.0.0.1:4222', clusterName: 'test' };

/** Opens a store, and writes there. */
async function works(t: TestContext, settings: NatsSettings): Promise<void> {
  const store = await NatsStore.open(settings);
  t.after(() => store.close());
  assert.ok(await store.write('name.a', '1', 0));
}

async function fileOf(t: TestContext, name: string, content: string | Uint8Array): Promise<string> {
  const file = join(await emptyFolder(t), name);
  await writeFile(file, content);
  return file;
}

test('a broker is known to NATS by its nkey', needs('nats-server'), async (t) => {
  const user = nkeys.createUser();
  const config = `authorization { users [{ nkey: ${user.getPublicKey()} }] }`;
  const { urls: cluster } = await startNats(t, 1, { config });
  const seed = Buffer.from(user.getSeed()).toString();
  const clusterNkey = await fileOf(t, 'user.nk', `# of the relay\n${seed}\n`);
  await works(t, { ...FLEET, cluster, clusterNkey });
  const other = await fileOf(t, 'other.nk', nkeys.createUser().getSeed());
  for (const settings of [{ clusterNkey: other }, {}]) {
    await assert.rejects(NatsStore.open({ ...FLEET, cluster, ...settings }), {
      code: 'E_DIRECTORY',
      message: /^NATS does not let this relay in: .*--cluster-nkey/,
    });
  }
});

test('a broker needs few rights at NATS', needs('nats-server'), async (t) => {
  const user = nkeys.createUser();
  const publish = [
    '$KV.relay-test.>',
    '$JS.API.STREAM.INFO.KV_relay-test',
    '$JS.API.STREAM.CREATE.KV_relay-test',
    '$JS.API.STREAM.MSG.DELETE.KV_relay-test',
    '$JS.API.CONSUMER.CREATE.KV_relay-test',
    '$JS.API.DIRECT.GET.KV_relay-test.>',
    '$JS.API.INFO',
    '$JS.FC.>',
  ];
  const rights = `{ publish: ${JSON.stringify(publish)}, subscribe: "_INBOX.>" }`;
  const config = `authorization { users [{ nkey: ${user.getPublicKey()}, permissions: ${rights} }] }`;
  const { urls: cluster } = await startNats(t, 1, { config });
  const clusterNkey = await fileOf(t, 'user.nk', user.getSeed());
  const open = () => NatsStore.open({ ...FLEET, cluster, clusterNkey });
  const fleet = new TestFleet(t);
  const a = await fleet.join('a:1', await open());
  const claim = await claimed(a.directory, 'name', 'again', { offer: 'open' });
  await claim.release();
  const b = await fleet.join('b:1', await open());
  await claimed(b.directory, 'name', 'again', { offer: 'open' });
  // More than is sent without a question whether it has arrived.
  const many = Array.from({ length: 3000 }, (_, i) => `name-${i}`);
  for (const some of chunksOf(many, 100)) {
    await Promise.all(some.map((name) => claimed(b.directory, 'name', name, { offer: 'open' })));
  }
  const c = await fleet.join('c:1', await open());
  assert.equal([...c.directory.all('name')].length, many.length + 1);
});

/** Not all at once: each claim has seconds, and the machine may be slow. */
function chunksOf<T>(all: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) =>
    all.slice(n * size, (n + 1) * size),
  );
}

test('a broker is known to NATS by a credentials file', needs('nats-server'), async (t) => {
  const { config, credentials } = operatorMode();
  const { urls: cluster } = await startNats(t, 1, { config });
  const clusterCredentials = await fileOf(t, 'relay.creds', credentials);
  await works(t, { ...FLEET, cluster, clusterCredentials });
});

test(
  'NATS is spoken over TLS, with a certificate on either side',
  needs('nats-server'),
  async (t) => {
    const { authority, folder, ca, cert, key } = await tlsFiles(t);
    const client = authority.client('relay');
    const [clusterCert, clusterKey] = [join(folder, 'client.pem'), join(folder, 'client-key.pem')];
    await writeFile(clusterCert, client.cert);
    await writeFile(clusterKey, client.key);
    const config = `tls { cert_file: "${cert}", key_file: "${key}", ca_file: "${ca}", verify: true }`;
    const { urls } = await startNats(t, 1, { config });
    const cluster = urls.replace('nats:', 'tls:');
    await works(t, { ...FLEET, cluster, clusterCa: ca, clusterCert, clusterKey });
    await assert.rejects(NatsStore.open({ ...FLEET, cluster, clusterCert, clusterKey }), {
      code: 'E_DIRECTORY',
      message: /over TLS: .*--cluster-ca/,
    });
    await assert.rejects(NatsStore.open({ ...FLEET, cluster, clusterCa: ca }), {
      code: 'E_DIRECTORY',
      message: /: timeout\. .*--cluster-cert/,
    });
  },
);

test(
  'a NATS server that is given by its address has to have a certificate for that',
  needs('nats-server'),
  async (t) => {
    const { authority, folder, ca } = await tlsFiles(t);
    const [cert, key] = [join(folder, 'nats.pem'), join(folder, 'nats-key.pem')];
    const server = authority.server('valid', 'nats.example');
    await writeFile(cert, server.cert);
    await writeFile(key, server.key);
    const config = `tls { cert_file: "${cert}", key_file: "${key}" }`;
    const { urls } = await startNats(t, 1, { config });
    const cluster = urls.replace('nats:', 'tls:');
    await works(t, { ...FLEET, cluster, clusterCa: ca });
  },
);

test('a certificate for another host is not taken for that of an address', async (t) => {
  const { ca: clusterCa } = await tlsFiles(t);
  const certificate = (subjectaltname: string) => ({ subjectaltname }) as PeerCertificate;
  const identity = async (cluster: string) => {
    const { tls } = await connectionOptions({ ...FLEET, cluster, clusterCa });
    return (tls as ConnectionOptions).checkServerIdentity ?? checkServerIdentity;
  };
  const check = await identity('tls://192.0.2.1,tls://[2001:db8::1]:4222');
  assert.match(String(check('localhost', certificate('DNS:localhost'))), /192\.0\.2\.1/);
  assert.equal(check('localhost', certificate('IP Address:192.0.2.1')), undefined);
  assert.equal(check('localhost', certificate('IP Address:2001:DB8:0:0:0:0:0:1')), undefined);
  const named = await identity('tls://nats.example');
  assert.equal(named('nats.example', certificate('DNS:nats.example')), undefined);
  assert.ok(named('nats.example', certificate('DNS:localhost')));
});

test(
  'nothing is said in the clear to a NATS server that is to speak TLS',
  needs('nats-server'),
  async (t) => {
    const { urls } = await startNats(t);
    const cluster = urls.replace('nats:', 'tls:');
    await assert.rejects(NatsStore.open({ ...FLEET, cluster }), {
      code: 'E_DIRECTORY',
      message: /over TLS/,
    });
  },
);

test('files that cannot be used are told of at once, with what to do', async (t) => {
  const { ca, cert, key } = await tlsFiles(t);
  const other = await tlsFiles(t);
  const missing = join(await emptyFolder(t), 'missing');
  const wrong = await fileOf(t, 'wrong', 'nonsense');
  const cases: [NatsSettings, RegExp][] = [
    [{ ...FLEET, clusterCredentials: missing }, /^Cannot read .*missing: no such file.*nsc/],
    [{ ...FLEET, clusterCredentials: wrong }, /wrong is not what NATS is to be shown\..*nsc/],
    [{ ...FLEET, clusterNkey: missing }, /^Cannot read .*missing/],
    [{ ...FLEET, clusterNkey: wrong }, /nkey seed of a user \(SU…\)/],
    [{ ...FLEET, clusterCa: missing }, /^Cannot read .*authorities/],
    [{ ...FLEET, clusterCa: ca, clusterCert: wrong, clusterKey: key }, /not to be used/],
    [{ ...FLEET, clusterCert: cert, clusterKey: other.key }, /not to be used: key values mismatch/],
  ];
  for (const [settings, message] of cases) {
    await assert.rejects(NatsStore.open(settings), { code: 'E_DIRECTORY', message });
  }
});

/** A NATS server that knows its users by what an operator and an account have signed. */
function operatorMode(): { config: string; credentials: string } {
  const [operator, system, account] = [
    nkeys.createOperator(),
    nkeys.createAccount(),
    nkeys.createAccount(),
  ];
  const user = nkeys.createUser();
  const sign = (issuer: typeof operator, subject: typeof operator, nats: object) => {
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const claims = {
      jti: 'x',
      iat: Math.floor(Date.now() / 1000),
      iss: issuer.getPublicKey(),
      sub: subject.getPublicKey(),
      nats: { version: 2, ...nats },
    };
    const signed = `${encode({ typ: 'JWT', alg: 'ed25519-nkey' })}.${encode(claims)}`;
    return `${signed}.${Buffer.from(issuer.sign(Buffer.from(signed))).toString('base64url')}`;
  };
  const limits = { subs: -1, data: -1, payload: -1, conn: -1, imports: -1, exports: -1, leaf: -1 };
  const jetstream = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const accounts = {
    [system.getPublicKey()]: sign(operator, system, { type: 'account', limits }),
    [account.getPublicKey()]: sign(operator, account, {
      type: 'account',
      limits: { ...limits, ...jetstream },
    }),
  };
  const preload = Object.entries(accounts).map(([name, jwt]) => `${name}: ${jwt}`);
  const config = `operator: ${sign(operator, operator, { type: 'operator' })}
system_account: ${system.getPublicKey()}
resolver: MEMORY
resolver_preload: {
${preload.join('\n')}
}`;
  const jwt = sign(account, user, { type: 'user', subs: -1, data: -1, payload: -1 });
  const seed = Buffer.from(user.getSeed()).toString();
  const credentials = `-----BEGIN NATS USER JWT-----
${jwt}
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
${seed}
------END USER NKEY SEED------
`;
  return { config, credentials };
}
