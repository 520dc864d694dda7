import type { Registration } from '../feed/wire.ts';
import type { Traffic } from './meter.ts';

/** A registration as operators see it. */
export interface Service {
  registration: Registration;
  name: string;
  /** Where clients reach it. */
  address: string;
  connections: number;
  /** Undefined until it has been seen twice. */
  rate: Traffic | undefined;
}

/** @param pageHost - where this page came from, and clients come to where the broker gives out no other host */
export function serviceOf(
  registration: Registration,
  rate: Traffic | undefined,
  pageHost: string,
): Service {
  const { info, host = pageHost, hostName, counters } = registration;
  const name = info.name ?? `${info.protocol} #${info.id}`;
  return {
    registration,
    name,
    // What has no port of its own is reached by name.
    address: info.clientPort === 0 ? (hostName ?? name) : hostAndPort(host, info.clientPort),
    connections: counters.paired + counters.waiting,
    rate,
  };
}

export function hostAndPort(host: string, port: number): string {
  const isLiteral = host.includes(':') && !host.startsWith('[');
  return isLiteral ? `[${host}]:${port}` : `${host}:${port}`;
}

export const STATES: Record<Registration['state'], { title: string; meaning: string }> = {
  live: { title: 'Live', meaning: 'The agent is connected, and clients are served.' },
  parked: { title: 'Parked', meaning: 'The service is down, and clients are refused.' },
  held: { title: 'Held', meaning: 'The agent is away; clients wait until its lease is over.' },
  draining: { title: 'Draining', meaning: 'It has ended, and its connections may finish.' },
};
