import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Below every control listener's backlog. */
const AT_ONCE = 64;

/**
 * Control connections without an agent behind them, for relays that take one for each registration:
 * a thousand agent processes would measure the machine.
 */
export class Registrants {
  readonly #sockets: Socket[] = [];

  /** With a hello, that is sent and an answer awaited; what comes later stays unread. */
  async open(count: number, host: string, port: number, hello?: string): Promise<void> {
    const openOne = async () => {
      const socket = connect({ host, port });
      this.#sockets.push(socket);
      if (hello === undefined) {
        await once(socket, 'connect');
      } else {
        socket.write(hello);
        await once(socket, 'data');
        socket.pause();
      }
    };
    for (let left = count; left > 0; left -= AT_ONCE) {
      await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, openOne));
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
