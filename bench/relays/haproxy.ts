import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LoggedProcess } from '../logged-process.ts';
import { versionOnPath } from '../on-path.ts';
import { configFile } from '../scratch.ts';
import { freePort } from './free-ports.ts';
import type { Relay } from './relay.ts';

const HOST = '127.0.0.1';

/**
 * https://www.haproxy.org/, TCP mode: one hop, to which a relay with an agent adds another. The two
 * limits keep it within 20,000 descriptors, the timeouts from ending idle connections.
 */
export const haproxy: Relay = {
  name: 'haproxy',
  version: () => versionOnPath('haproxy', '-v'),
  async start({ targetPort }) {
    const port = await freePort();
    const config = `
global
  maxconn 9000
  maxpipes 500
defaults
  mode tcp
  option splice-request
  option splice-response
  timeout connect 10s
  timeout client 1h
  timeout server 1h
listen relay
  bind ${HOST}:${port}
  server target ${HOST}:${targetPort}
`;
    const broker = await LoggedProcess.start('haproxy', ['-db', '-f', configFile('cfg', config)]);
    await listening(port);
    return {
      clientHost: HOST,
      clientPort: port,
      brokerPid: broker.pid,
      agentPid: undefined,
      stop: () => broker.stop(),
    };
  },
};

/** It has no log that says so. */
async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const probe = connect({ host: HOST, port });
    try {
      await once(probe, 'connect');
      return;
    } catch {
      await sleep(20);
    } finally {
      probe.destroy();
    }
  }
  throw new Error('haproxy does not listen');
}
