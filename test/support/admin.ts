import type { TestContext } from 'node:test';
import { Admin, type AdminObserver, type AdminSettings } from '#src/admin/admin.ts';
import type { OperatedBroker } from '#src/admin/operated-broker.ts';
import { FakeBroker } from './operated-broker.ts';

/** An admin listener on loopback in this process; closed when the test ends. */
export interface TestAdmin<Broker extends OperatedBroker> {
  admin: Admin;
  broker: Broker;
  /** What it reported, each with its arguments. */
  reported: unknown[][];
  /** Deadlines of the drains that were asked for. */
  drains: (number | undefined)[];
  /** Requests a path below the root. */
  get(path: string, init?: RequestInit): Promise<Response>;
}

export async function openAdmin<Broker extends OperatedBroker = FakeBroker>(
  t: TestContext,
  settings: Partial<AdminSettings> = {},
  broker: Broker = new FakeBroker() as unknown as Broker,
): Promise<TestAdmin<Broker>> {
  const reported: unknown[][] = [];
  const drains: (number | undefined)[] = [];
  const observer: AdminObserver = {
    listening: (...args) => reported.push(['listening', ...args]),
    tokenExposed: (...args) => reported.push(['tokenExposed', ...args]),
    tokenFailed: (...args) => reported.push(['tokenFailed', ...args]),
    refused: (...args) => reported.push(['refused', ...args]),
    acted: (...args) => reported.push(['acted', ...args]),
    failed: (...args) => reported.push(['failed', ...args]),
  };
  const defaults = { admin: 0, version: '1.2.3', drain: (at?: number) => drains.push(at) };
  const admin = await Admin.open(broker, { ...defaults, ...settings }, observer);
  t.after(() => admin.close());
  const get = (path: string, init?: RequestInit) => fetch(new URL(path, admin.url), init);
  return { admin, broker, reported, drains, get };
}

/** A header that shows a token. */
export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}
