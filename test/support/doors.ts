import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Broker, createBroker } from '#src/broker/broker.ts';
import type { DoorName, RegistrationInfo } from '#src/broker/events.ts';
import type { BrokerOptions } from '#src/options/broker-options.ts';
import { emptyFolder } from './folder.ts';

/** A broker on loopback in this process that is closed when the test ends, and what it opened when it started. */
export async function startWithDoors(t: TestContext, options: Partial<BrokerOptions>) {
  const broker: Broker = createBroker({ port: 0, host: '127.0.0.1', ...options });
  t.after(() => broker.close({ drain: 0 }));
  const doors: [name: DoorName, port: number][] = [];
  const registrations: RegistrationInfo[] = [];
  broker.on('doorOpened', (door, { port }) => doors.push([door, port]));
  broker.on('registered', (registration) => registrations.push(registration));
  const { port } = await broker.start();
  return { broker, port, doors, registrations };
}

/** A file of tokens, of which there are none, so that nobody has one. */
export async function emptyTokens(t: TestContext): Promise<string> {
  const file = join(await emptyFolder(t), 'tokens.json');
  await writeFile(file, JSON.stringify({ version: 1, tokens: {} }), { mode: 0o600 });
  return file;
}

/** How the next registration ends that does. */
export async function nextEnding(broker: Broker): Promise<string> {
  const [, ending] = await once(broker, 'ended');
  return ending;
}
