import type { TestContext } from 'node:test';
import { type Broker, createBroker } from '#src/broker/broker.ts';
import type { DoorName } from '#src/broker/events.ts';
import type { BrokerOptions } from '#src/options/broker-options.ts';

/** A broker on loopback with a names door, closed when the test ends, and the two ports of that. */
export async function openNames(t: TestContext, options: Partial<BrokerOptions> = {}) {
  const broker: Broker = createBroker({
    port: 0,
    host: '127.0.0.1',
    names: '0:0',
    dataPlane: 'portable',
    ...options,
  });
  t.after(() => broker.close({ drain: 0 }));
  const ports = new Map<DoorName, number>();
  broker.on('doorOpened', (door, { port }) => ports.set(door, port));
  const { port } = await broker.start();
  return {
    broker,
    port,
    servers: ports.get('names') ?? 0,
    clients: ports.get('names-client') ?? 0,
    http: ports.get('http-names') ?? 0,
  };
}
