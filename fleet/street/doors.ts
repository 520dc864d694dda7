import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { StreamSocket } from '#src/data-plane/data-plane.ts';
import { endByCloseNotify } from '#src/data-plane/portable/close-notify.ts';
import { confirmEnd } from '#src/data-plane/portable/confirm-end.ts';
import { readFirstLine } from '#src/data-plane/portable/first-line.ts';
import { DOMAIN, PORTS } from '../ports.ts';
import type { DoorName } from '../records.ts';

/** A door said no, in its own words. */
export class Refused extends Error {}

/** A connection to a member's door of which nothing is known yet. */
export function dial(node: string, door: DoorName): Socket {
  const socket = connect({ host: node, port: PORTS[door], allowHalfOpen: true });
  // Errors are told by whoever reads or waits.
  socket.on('error', () => {});
  confirmEnd(socket);
  return socket;
}

type Door = (socket: Socket, name: string, trust: ConnectionOptions) => Promise<StreamSocket>;

/** Asks for a name, and resolves when the service has been reached, where the door says so. */
export const enter: Record<DoorName, Door> = {
  async names(socket, name) {
    await readFirstLine(socket);
    socket.write(`${name}\n`);
    const answer = await readFirstLine(socket);
    if (answer !== 'CONNECTED') throw new Refused(answer);
    return socket;
  },
  async http(socket, name) {
    socket.write(
      `GET / HTTP/1.1\r\nHost: ${name}.${DOMAIN}\r\nConnection: upgrade\r\nUpgrade: fleet\r\n\r\n`,
    );
    const answer = await readFirstLine(socket);
    if (!answer.includes(' 101 ')) throw new Refused(answer.trim());
    while (!/^\r?$/.test(await readFirstLine(socket)));
    return socket;
  },
  async tls(socket, name, trust) {
    const servername = `${name}.${DOMAIN}`;
    const secured = connectTls({ ...trust, servername, socket });
    secured.on('error', () => socket.destroy());
    await once(secured, 'secureConnect');
    endByCloseNotify(secured);
    return secured;
  },
};
