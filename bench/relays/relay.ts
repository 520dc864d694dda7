import type { Options } from '../options.ts';

/** A relay that can be measured: one file each. */
export interface Relay {
  readonly name: string;
  /** Undefined when it is not on this machine. */
  version(): string | undefined;
  /** Exposes a port of 127.0.0.1. */
  start(targetPort: number, options: Options): Promise<RunningRelay>;
}

export interface RunningRelay {
  clientHost: string;
  clientPort: number;
  brokerPid: number | undefined;
  agentPid: number | undefined;
  stop(): Promise<void>;
}
