import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { type Broker, createBroker } from '#src/broker/broker.ts';
import type { BrokerEvents } from '#src/broker/events.ts';
import type { BrokerOptions } from '#src/options/broker-options.ts';

export const DATA_PLANES = ['portable', 'linux'] as const;

/** A broker on loopback in this process, and its control port; closed when the test ends. */
export async function startBroker(
  t: TestContext,
  options: Partial<BrokerOptions> = {},
): Promise<{ broker: Broker; port: number }> {
  const broker = createBroker({ port: 0, host: '127.0.0.1', ...options });
  t.after(() => broker.close({ drain: 0 }));
  const { port } = await broker.start();
  return { broker, port };
}

/** What the next event of this name tells. To be called before what causes it. */
export async function told<E extends keyof BrokerEvents>(
  broker: Broker,
  event: E,
): Promise<BrokerEvents[E]> {
  return (await once(broker, event)) as BrokerEvents[E];
}
