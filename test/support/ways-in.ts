import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { handMade, serverName } from './client-hello.ts';
import { callUntilServed, greeted } from './names-peers.ts';
import { clientPortOf, doorOf, type Program } from './program.ts';
import { connectTo, read } from './tcp.ts';

/** How clients get to a service that sends back whatever it gets. */
export interface WayIn {
  /** Known when the service can be reached. */
  port(broker: Program): Promise<number>;
  /** A client that has said what it wants. */
  knock(t: TestContext, port: number): Promise<Socket>;
  /** One to which everything that it sends from now on comes back. */
  connect(t: TestContext, port: number): Promise<Socket>;
}

export const byClientPort: WayIn = {
  port: clientPortOf,
  knock: connectTo,
  connect: connectTo,
};

/** For services of the name `echo`. */
export const HOST_OPTIONS = ['--domain', 'relay.example', '--tls-names', '0', '--http-names', '0'];

const HOST = 'echo.relay.example';

export const bySni = byHost('tls-names', handMade([serverName(HOST)]));

export const byHostField = byHost(
  'http-names',
  Buffer.from(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`),
);

/** For what is parked at the names door under the name `echo`. */
export const byParking: WayIn = {
  port: async (broker) => Number(await doorOf(broker, 'names-client')),
  async knock(t, port) {
    const client = await greeted(t, port, 'CLIENT');
    client.write('echo\n');
    return client;
  },
  connect: (t, port) => callUntilServed(t, port, 'echo'),
};

/** @param beginning - names the host; what comes back of it is taken off */
function byHost(door: string, beginning: Buffer): WayIn {
  const knock = async (t: TestContext, port: number) => {
    const client = await connectTo(t, port);
    client.write(beginning);
    return client;
  };
  return {
    knock,
    async port(broker) {
      await clientPortOf(broker);
      return Number(await doorOf(broker, door));
    },
    async connect(t, port) {
      const client = await knock(t, port);
      await read(client, beginning.length);
      return client;
    },
  };
}
