import type { DescriptorBudget } from '../../data-plane/descriptor-budget.ts';
import type { Directory } from '../../directory/directory.ts';
import type { BrokerSettings } from '../../options/broker-options.ts';
import type { Access } from '../access/access.ts';
import type { EmitBrokerEvent } from '../events.ts';
import type { Inheritance } from '../inheritance.ts';
import type { LeaseClaims } from '../leases/lease-claims.ts';
import type { LeaseStore } from '../leases/lease-store.ts';
import type { Guide } from '../names/guide.ts';
import type { Names } from '../names/names.ts';
import type { DataPlanes } from './exchange-settings.ts';
import type { Registry } from './registry.ts';

/** What it takes to make registrations. */
export interface Site {
  settings: BrokerSettings;
  access: Access;
  planes: DataPlanes;
  registry: Registry;
  /** Those that outlive this process on this machine. */
  leases: LeaseStore;
  /** Those that another member of the fleet can take up. */
  claims: LeaseClaims;
  directory: Directory;
  /** This broker as a member of a fleet; undefined where it is alone. */
  node: string | undefined;
  names: Names;
  guide: Guide;
  /** Listeners that it starts with. */
  inheritance: Inheritance;
  budget: DescriptorBudget;
  emit: EmitBrokerEvent;
}
