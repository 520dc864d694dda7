import type { Directory } from '../../directory/directory.ts';
import { LoneDirectory } from '../../directory/lone-directory.ts';
import { LeaseClaims, type LeaseLost } from '../leases/lease-claims.ts';
import { Guide, type Onward } from '../names/guide.ts';
import { Names } from '../names/names.ts';
import { FleetCounts } from './counts.ts';
import type { Fleet, FleetMeans } from './fleet.ts';

/** Names and leases, of this broker alone or of all in its fleet. */
export interface DirectoryParts {
  /** Undefined for a broker that is alone. */
  fleet: Fleet | undefined;
  directory: Directory;
  /** This broker as a member; undefined where it is alone. */
  node: string | undefined;
  names: Names;
  guide: Guide;
  claims: LeaseClaims;
  close(): Promise<void>;
}

export interface DirectoryHost {
  /** Milliseconds for which a client waits at most while what it asks for moves. */
  patience(): number;
  lost: LeaseLost;
}

/** Joins the fleet, if the settings name one. Rejects as {@link Fleet.join} does. */
export async function openDirectory(
  means: Omit<FleetMeans, 'counts'>,
  { patience, lost }: DirectoryHost,
): Promise<DirectoryParts> {
  const { cluster, advertise = '' } = means.settings;
  const counts = new FleetCounts();
  const fleet = cluster === undefined ? undefined : await join({ ...means, counts });
  const directory = fleet?.directory ?? new LoneDirectory(advertise);
  const names = new Names(directory, counts);
  const guide = new Guide(names, directory, fleet ?? ALONE, patience);
  const claims = new LeaseClaims(directory, counts, lost);
  return {
    ...{ fleet, directory, names, guide, claims },
    node: fleet && directory.self.name,
    async close() {
      claims.close();
      guide.close();
      fleet?.cut();
      await fleet?.close();
    },
  };
}

/** A broker that is alone does not load what takes to be one of many. */
async function join(means: FleetMeans): Promise<Fleet> {
  const { Fleet } = await import('./fleet.ts');
  return Fleet.join(means);
}

/** A broker without others to send clients to. */
const ALONE: Onward = { forward: () => Promise.resolve('not-taken') };
