import type { Options } from '../options.ts';

/** A relay that can be measured: one file each. */
export interface Relay {
  readonly name: string;
  /** Undefined when it is not on this machine. */
  version(): string | undefined;
  /** Exposes a port of 127.0.0.1. */
  start(setup: Setup): Promise<RunningRelay>;
}

export interface Setup {
  targetPort: number;
  /** Registrations that come on top of the one that is measured; some relays have to be told first. */
  moreRegistrations: number;
  options: Options;
}

export interface RunningRelay {
  clientHost: string;
  clientPort: number;
  brokerPid: number | undefined;
  agentPid: number | undefined;
  /** Opens the other registrations and resolves once each has its port. Not every relay can. */
  registerMore?(): Promise<void>;
  stop(): Promise<void>;
}
