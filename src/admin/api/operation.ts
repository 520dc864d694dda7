import type * as v from 'valibot';
import type { OperatedBroker } from '../operated-broker.ts';
import type {
  FleetAnswer,
  FleetNamesAnswer,
  MomentAnswer,
  NamesQuery,
  RegistrationAnswer,
  SnapshotAnswer,
  StatusAnswer,
} from './answers.ts';

/** What operations work on. */
export interface Site {
  broker: OperatedBroker;
  status(): StatusAnswer;
  registrations(): RegistrationAnswer[];
  snapshot(): SnapshotAnswer;
  /** Undefined where the broker is alone. */
  fleet(): FleetAnswer | undefined;
  /** Undefined where the broker is alone. */
  fleetNames(query: NamesQuery): FleetNamesAnswer | undefined;
  past(): readonly MomentAnswer[];
  /** Has the broker end in order, as when its process is told to. */
  drain(deadline: number | undefined): void;
}

/** One operation of the API: its route, its checks and its description all come from this. */
export interface Operation {
  /** For programs that are made from the description. */
  id: string;
  method: 'get' | 'post' | 'delete';
  /** Below the API's root; numbers in it are in braces, as in OpenAPI. */
  path: string;
  summary: string;
  /** Of a body, which may be left out. */
  body?: v.GenericSchema;
  /** Of what stands behind the path, each of which may be left out. */
  query?: v.GenericSchema & { entries: Record<string, v.GenericSchema> };
  success: { status: 200 | 202 | 204; description: string; answer?: v.GenericSchema };
  /** What may not be there. */
  missing?: string;
  /**
   * Gives the answer; what is undefined or false was not there.
   *
   * @param numbers - of the path
   * @param given - what its body or its query says
   */
  run(site: Site, numbers: number[], given: unknown): unknown;
}

/** The names of the numbers in the path of an operation, in order. */
export function numbersOf({ path }: Operation): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
}
