import type { DoorName, DoorRefusal } from '../../events.ts';
import type { Services } from '../../names/named-service.ts';
import { type Door, type DoorSite, openDoor } from '../door.ts';
import { HostCaller, type HostDialogue, type HostDirectory } from './host-caller.ts';
import { nameOfHost } from './host-name.ts';

/** Clients of one address that have not said their host: hundreds may come at once from behind a proxy. */
const MOST_OF_ONE_ADDRESS = 512;

/** What a door where clients ask for hosts needs of a broker. */
export interface HostSite extends DoorSite {
  readonly guide: Services;
}

/**
 * Opens a port at which clients of all services with a name arrive, `<name>.<domain>` each.
 *
 * @param port - undefined where the door is to stay closed
 * @param converse - begins a dialogue with a client
 */
export async function* openHostDoor<Fault extends DoorRefusal>(
  site: HostSite,
  door: DoorName,
  port: number | undefined,
  converse: () => HostDialogue<Fault>,
): AsyncGenerator<Door> {
  const { guide, emit, settings } = site;
  const { domain } = settings;
  if (port === undefined || domain === undefined) return;
  const hosts: HostDirectory<Fault> = {
    find(host) {
      const name = nameOfHost(host, domain);
      return name === undefined ? undefined : guide.find(name);
    },
    refused: (address, refusal, host) => emit('doorRefused', door, address, refusal, host),
  };
  yield openDoor<HostCaller<Fault>>(
    site,
    door,
    port,
    (socket, left) => new HostCaller(socket, converse(), hosts, left),
    MOST_OF_ONE_ADDRESS,
  );
}
