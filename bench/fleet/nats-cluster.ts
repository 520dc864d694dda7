import { join } from 'node:path';
import { LoggedProcess } from '../logged-process.ts';
import { freePorts } from '../relays/free-ports.ts';
import { configFile, scratch } from '../scratch.ts';

const SIZE = 3;

/** Three servers of NATS that keep the same streams, on loopback. */
export class NatsCluster {
  /** As `--cluster` takes them. */
  readonly urls: string;
  readonly #servers: LoggedProcess[];

  private constructor(urls: string, servers: LoggedProcess[]) {
    this.urls = urls;
    this.#servers = servers;
  }

  static async start(): Promise<NatsCluster> {
    const ports = await freePorts(2 * SIZE);
    const routes = ports.slice(SIZE).map((port) => `nats-route://127.0.0.1:${port}`);
    const servers = Array.from({ length: SIZE }, (_, n) => {
      const file = configFile(
        'conf',
        `server_name: nats-${n}
listen: "127.0.0.1:${ports[n]}"
jetstream { store_dir: "${join(scratch, `nats-${n}`)}" }
cluster { name: bench, listen: "127.0.0.1:${ports[SIZE + n]}", routes: ${JSON.stringify(routes)} }
`,
      );
      return LoggedProcess.start('nats-server', ['--config', file]);
    });
    const started = await Promise.all(servers);
    await Promise.all(started.map((server) => server.logged(/cluster (?:new )?(metadata) leader/)));
    const urls = ports.slice(0, SIZE).map((port) => `nats://127.0.0.1:${port}`);
    return new NatsCluster(urls.join(','), started);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()));
  }
}
