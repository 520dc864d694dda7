import { describe, type TestContext } from 'node:test';
import { LoneDirectory } from '#src/directory/lone-directory.ts';
import { NatsStore } from '#src/directory/nats/nats-store.ts';
import { TestFleet } from '../support/fleet-members.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { startNats } from '../support/nats.ts';
import { needs } from '../support/needs.ts';
import { directoryContract } from './directory-contract.ts';
import { fleetContract } from './fleet-contract.ts';

describe('the directory of a broker that is alone', () =>
  directoryContract(async () => new LoneDirectory('relay:8080')));

describe('the directory of a fleet, in memory', () =>
  directoryContract(async (t) => {
    const { directory } = await new TestFleet(t).join('relay:8080', new MemoryStore().open());
    return directory;
  }));

describe('members of a fleet, in memory', () =>
  fleetContract(async () => {
    const memory = new MemoryStore();
    return async () => memory.open();
  }));

describe('the directory of a fleet, in NATS', needs('nats-server'), () =>
  directoryContract(async (t) => {
    const open = await natsStores(t);
    const { directory } = await new TestFleet(t).join('relay:8080', await open());
    return directory;
  }),
);

describe('members of a fleet, in NATS', needs('nats-server'), () => fleetContract(natsStores));

async function natsStores(t: TestContext): Promise<() => Promise<NatsStore>> {
  const { urls } = await startNats(t);
  return () => NatsStore.open({ cluster: urls, clusterName: 'test' });
}
