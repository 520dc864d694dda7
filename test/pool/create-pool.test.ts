import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createPool, type PoolOptions } from 'relay-broker';
import { pfx } from '../support/certificates.ts';
import { runAgent } from '../support/running-agent.ts';
import { connectTo, freePorts, knock, outcome, read, serve, visit } from '../support/tcp.ts';
import { AUTHORITY, connectSecurely, SERVER } from '../support/tls.ts';

async function open(t: TestContext, options: Partial<PoolOptions> = {}) {
  const pool = await createPool({ relayPort: 0, servicePort: 0, host: '127.0.0.1', ...options });
  t.after(() => pool.end({ drain: 0 }));
  return pool;
}

describe('createPool()', () => {
  test('joins clients of one port with the agents of the other', async (t) => {
    const { relayPort, servicePort } = await open(t);
    const echo = await serve(t, (socket) => socket.pipe(socket));
    runAgent(t, { pool: `127.0.0.1:${relayPort}`, connections: 2, target: echo.port });
    const says = Array.from({ length: 20 }, (_, n) => `client ${n}`);
    assert.deepEqual(await Promise.all(says.map((what) => visit(t, servicePort, what))), says);
  });

  test('has the ports that it is told to have', async (t) => {
    const first = await freePorts(2);
    const pool = await open(t, { relayPort: first, servicePort: first + 1 });
    assert.deepEqual([pool.relayPort, pool.servicePort], [first, first + 1]);
    await assert.rejects(open(t, { relayPort: 0, servicePort: first }), {
      code: 'E_LISTEN',
      message: /: the address is in use already\. /,
    });
  });

  test('gives up a client that waits too long', async (t) => {
    const { servicePort } = await open(t, { waitTimeout: 0.02 });
    assert.equal(await visit(t, servicePort, 'anybody?'), 'ECONNRESET');
  });

  test('ends once its connections have', async (t) => {
    const pool = await open(t);
    const [used, idle] = [await connectTo(t, pool.relayPort), await connectTo(t, pool.relayPort)];
    const client = await connectTo(t, pool.servicePort);
    used.write('x');
    await read(client, 1);
    const [left, served] = [outcome(idle), outcome(client)];
    const ended = pool.end();
    await left;
    for (const port of [pool.relayPort, pool.servicePort]) {
      assert.equal(await knock(port), 'ECONNREFUSED');
    }
    used.end('the rest');
    assert.equal(String((await served).data), 'the rest');
    client.end();
    used.resume();
    await ended;
  });

  test('ends at once when there is no time left', async (t) => {
    const pool = await open(t);
    const used = await connectTo(t, pool.relayPort);
    const client = await connectTo(t, pool.servicePort);
    used.write('x');
    await read(client, 1);
    const cut = outcome(client);
    const ended = pool.end();
    await pool.end({ drain: 0 });
    assert.equal((await cut).ending, 'ECONNRESET');
    await ended;
  });

  for (const [form, identity] of [
    ['PEM', SERVER],
    ['PFX', { pfx: pfx(SERVER, 'secret'), passphrase: 'secret' }],
  ] as const) {
    test(`encrypts either port, or both, with a certificate in ${form}`, async (t) => {
      for (const [tls, clientTls] of [
        [identity, undefined],
        [undefined, identity],
        [identity, identity],
      ]) {
        const { relayPort, servicePort } = await open(t, {
          ...(tls && { tls }),
          ...(clientTls && { clientTls }),
        });
        const server = await (tls ? connectSecurely : connectTo)(t, relayPort);
        const client = await (clientTls ? connectSecurely : connectTo)(t, servicePort);
        client.write('x');
        assert.equal(String(await read(server, 1)), 'x');
      }
    });
  }

  test('demands certificates of the authorities that it is given', async (t) => {
    const { relayPort, servicePort } = await open(t, { tls: { ...SERVER, ca: AUTHORITY.cert } });
    const stranger = await connectSecurely(t, relayPort).catch(() => undefined);
    const client = await connectTo(t, servicePort);
    client.write('x');
    const server = await connectSecurely(t, relayPort, AUTHORITY.client('far end'));
    assert.equal(String(await read(server, 1)), 'x');
    assert.ok(stranger === undefined || stranger.bytesRead === 0);
  });

  test('refuses what makes no sense', async () => {
    const ports = { relayPort: 0, servicePort: 0 };
    for (const [options, code, message] of [
      [{ servicePort: 0 }, 'E_BAD_OPTION', /^relayPort is missing$/],
      [{ ...ports, relayPort: 65536 }, 'E_BAD_OPTION', /^relayPort: expected a port/],
      [{ ...ports, waitTimeout: 0 }, 'E_BAD_OPTION', /^waitTimeout: /],
      [{ ...ports, tls: 'cert.pem' }, 'E_BAD_OPTION', /^tls: /],
      [{ ...ports, tls: {} }, 'E_BAD_OPTION', /^tls: needs cert and key, or pfx$/],
      [{ ...ports, tls: { cert: SERVER.cert } }, 'E_BAD_OPTION', /^tls: needs cert and key/],
      [{ ...ports, clientTls: { cert: 'x', key: 'y' } }, 'E_TLS', /certificate of clientTls: /],
      [
        { ...ports, tls: { pfx: Buffer.alloc(1), ca: AUTHORITY.cert } },
        'E_BAD_OPTION',
        /^tls: ca cannot be given together with pfx$/,
      ],
    ] as const) {
      await assert.rejects(createPool(options as PoolOptions), { code, message });
    }
  });
});
