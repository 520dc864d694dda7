import type { DescriptorBudget } from '../../data-plane/descriptor-budget.ts';
import type { BrokerSettings } from '../../options/broker-options.ts';
import type { Access } from '../access/access.ts';
import type { EmitBrokerEvent } from '../events.ts';
import type { LeaseStore } from '../leases/lease-store.ts';
import type { Directory } from '../names/directory.ts';
import type { DataPlanes } from './exchange-settings.ts';
import type { Registry } from './registry.ts';

/** What it takes to make registrations. */
export interface Site {
  settings: BrokerSettings;
  access: Access;
  planes: DataPlanes;
  registry: Registry;
  leases: LeaseStore;
  directory: Directory;
  budget: DescriptorBudget;
  emit: EmitBrokerEvent;
}
