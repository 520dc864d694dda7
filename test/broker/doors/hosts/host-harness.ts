import { once } from 'node:events';
import { connect, type Server } from 'node:net';
import type { TestContext } from 'node:test';
import type { Door } from '#src/broker/doors/door.ts';
import type { HostSite } from '#src/broker/doors/hosts/host-door.ts';
import { Inheritance } from '#src/broker/inheritance.ts';
import type { NamedService } from '#src/broker/names/named-service.ts';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import { brokerOptions } from '#src/options/broker-options.ts';
import { checkOptions } from '#src/options/option.ts';
import { connectTo } from '../../../support/tcp.ts';

const NOTHING = Buffer.alloc(0);

export const DOMAIN = 'relay.example';

/** An open door where hosts of {@link DOMAIN} are asked for. */
export interface TestDoor {
  port: number;
  /** By their names. */
  services: Map<string, NamedService>;
  budget: DescriptorBudget;
  /** `<cause> <detail>` of those who were turned away. */
  refusals: string[];
}

/** Gone, with its connections, when the test ends. */
export async function openTestDoor(
  t: TestContext,
  open: (site: HostSite) => AsyncIterable<Door>,
  { descriptors = 10_000 } = {},
): Promise<TestDoor> {
  const services: TestDoor['services'] = new Map();
  const budget = new DescriptorBudget(descriptors);
  const refusals: string[] = [];
  let port = 0;
  const options = { port: 0, host: '127.0.0.1', tlsNames: 0, httpNames: 0, domain: DOMAIN };
  const opening = open({
    settings: checkOptions(brokerOptions, options),
    guide: { find: (name) => services.get(name) },
    budget,
    inheritance: new Inheritance(),
    emit(event, ...details) {
      if (event === 'doorOpened') [, { port }] = details as [string, { port: number }];
      if (event === 'doorRefused') refusals.push(details.slice(2).join(' ').trim());
    },
  });
  const doors: Door[] = [];
  for await (const door of opening) doors.push(door);
  t.after(async () => {
    const closed = doors.map((door) => door.close());
    for (const door of doors) door.cut();
    await Promise.all(closed);
  });
  return { port, services, budget, refusals };
}

/** A service that sends back all it gets, and ends behind it. */
export const ECHO: NamedService = {
  isAvailable: true,
  enter(client, begun) {
    client.write(begun?.read ?? NOTHING);
    client.pipe(client);
  },
};

export const AWAY: NamedService = {
  isAvailable: false,
  enter: () => {
    throw new Error('nobody is there');
  },
};

/** A service that is a server of Node's on a port of this machine; gone when the test ends. */
export async function served(t: TestContext, server: Server): Promise<NamedService> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP listener');
  const { port } = address;
  return {
    isAvailable: true,
    enter(client, begun) {
      const dialled = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      dialled.on('error', () => {}).on('close', () => client.destroy());
      client.on('close', () => dialled.destroy());
      dialled.write(begun?.read ?? NOTHING);
      client.pipe(dialled).pipe(client);
    },
  };
}

/** More than may be at a door that have not said what they want. */
export const CROWD = 700;

/** That many come together, before any of them is too late, and say no more than this. */
export async function crowd(t: TestContext, port: number, says: string | Buffer): Promise<void> {
  const coming = Array.from({ length: CROWD }, async () => (await connectTo(t, port)).write(says));
  // Who is pushed out may be reset before we are told of the connection.
  await Promise.allSettled(coming);
}
