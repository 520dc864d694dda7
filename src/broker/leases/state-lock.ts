import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpath } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { resolve } from 'node:path';
import { abstractName } from '../abstract-name.ts';

/**
 * Where names can be listened on that the system frees when their process ends, however it does:
 * abstract sockets (unix(7)) and named pipes. A file for a lock would outlast a `kill -9`.
 */
const NAMESPACES: Partial<Record<NodeJS.Platform, (name: string) => string>> = {
  linux: abstractName,
  win32: (name) => `\\\\.\\pipe\\${name}`,
};

/** Sees to it that only one process of this machine uses a file. Elsewhere than on Linux and Windows, nobody does. */
export class StateLock {
  readonly #server: Server | undefined;

  private constructor(server: Server | undefined) {
    this.#server = server;
  }

  /** Rejects with `EADDRINUSE` when somebody has it. */
  static async take(file: string): Promise<StateLock> {
    const namespace = NAMESPACES[process.platform];
    if (namespace === undefined) return new StateLock(undefined);
    const path = await realpath(file).catch(() => resolve(file));
    const name = createHash('sha256').update(path).digest('base64url');
    const server = createServer((socket) => socket.destroy());
    server.unref().listen({ path: namespace(`relay-broker-${name}`) });
    await once(server, 'listening');
    return new StateLock(server);
  }

  release(): void {
    this.#server?.close();
  }
}
