import type { Site } from '../registration/site.ts';
import { openAnnounce } from './announce.ts';
import type { Door } from './door.ts';
import { openHttpNames } from './http-names.ts';
import { openNames } from './names.ts';
import { openPools } from './pool.ts';
import { openTlsNames } from './tls-names.ts';

/** Opens those doors of a kind that the settings ask for, one after the other. What it has handed out is not its own any more. */
type OpenDoors = (site: Site) => AsyncIterable<Door>;

/** Every kind of door there is. */
const KINDS: OpenDoors[] = [openAnnounce, openPools, openNames, openTlsNames, openHttpNames];

/** Opens all front doors that the settings ask for. Rejects with a RelayError and leaves none open. */
export async function openDoors(site: Site): Promise<Door> {
  const doors: Door[] = [];
  const all: Door = {
    get entrances() {
      return doors.flatMap(({ entrances }) => entrances);
    },
    get callers() {
      return doors.reduce((sum, { callers }) => sum + callers, 0);
    },
    async close() {
      await Promise.all(doors.map((door) => door.close()));
    },
    cut() {
      for (const door of doors) door.cut();
    },
  };
  try {
    for (const open of KINDS) for await (const door of open(site)) doors.push(door);
  } catch (error) {
    const closed = all.close();
    all.cut();
    await closed;
    throw error;
  }
  return all;
}
