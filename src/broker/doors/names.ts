import type { Socket } from 'node:net';
import { plainAddress } from '../../data-plane/address.ts';
import { parseTwoPorts } from '../../options/values.ts';
import type { DoorName } from '../events.ts';
import type { Site } from '../registration/site.ts';
import { type Door, openDoor } from './door.ts';
import { ClientDialogue } from './names/client-dialogue.ts';
import { LineCaller, type LineDialogue } from './names/line-caller.ts';
import { ReservedNames } from './names/reserved-names.ts';
import { ServerDialogue } from './names/server-dialogue.ts';

/**
 * Callers of one address at one port. More than elsewhere, as nobody can say what he wants before
 * he was greeted, and hundreds may come at once: all that a server parks, or the clients behind a proxy.
 */
const MOST_OF_ONE_ADDRESS = 512;

/** Where servers reserve names, and where clients ask for any name that the broker knows. */
export async function* openNames(site: Site): AsyncGenerator<Door> {
  const ports = parseTwoPorts(site.settings.names ?? '');
  if (ports === undefined) return;
  const [serverPort, clientPort] = ports;
  const names = new ReservedNames(site);
  yield openPort(
    site,
    'names',
    serverPort,
    (address, refused) => new ServerDialogue(names, address, refused),
  );
  yield openPort(
    site,
    'names-client',
    clientPort,
    (_, refused) => new ClientDialogue(site.guide, refused),
  );
}

function openPort(
  site: Site,
  door: DoorName,
  port: number,
  converse: (address: string, refused: LineDialogue['refused']) => LineDialogue,
): Promise<Door> {
  const received = (socket: Socket, left: (caller: LineCaller) => void) => {
    const address = plainAddress(socket.remoteAddress ?? '');
    const dialogue = converse(address, (cause, detail) =>
      site.emit('doorRefused', door, address, cause, detail),
    );
    return new LineCaller(socket, dialogue, left);
  };
  return openDoor(site, door, port, received, MOST_OF_ONE_ADDRESS);
}
