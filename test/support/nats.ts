import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { emptyFolder } from './folder.ts';
import { Program } from './program.ts';
import { freePorts } from './tcp.ts';

/** How often other ports are tried where some are taken. */
const TRIES = 5;

const TAKEN = 'address already in use';

/** Milliseconds between two looks at whether it is well. */
const PAUSE = 50;

/** What a NATS server is to have beside JetStream and its routes, in the form of its configuration file. */
export interface NatsSettings {
  config?: string;
  /** Where each listens; on loopback unless told. */
  hosts?: string[];
}

/** A NATS server with JetStream, as a process. */
export class NatsNode {
  readonly name: string;
  readonly url: string;
  readonly #t: TestContext;
  readonly #file: string;
  readonly #health: string;
  readonly #listening: string;
  #program: Program | undefined;

  /** @param place - where it is asked how it is, and what it says once it listens */
  constructor(
    t: TestContext,
    name: string,
    url: string,
    file: string,
    place: { health: string; listening: string },
  ) {
    this.#t = t;
    this.name = name;
    this.url = url;
    this.#file = file;
    this.#health = place.health;
    this.#listening = place.listening;
  }

  get pid(): number {
    return this.#running.pid;
  }

  /** Starts it, also once more. Resolves when it listens, to its peers too. */
  async start(): Promise<void> {
    this.#program = new Program(this.#t, 'nats-server', ['--config', this.#file]);
    const [line] = await this.#program.line(new RegExp(`${this.#listening}|${TAKEN}`));
    if (line === TAKEN) throw new PortTaken(this.#program.output);
  }

  /** Resolves when it takes part in keeping streams, and has all of them that it is to have. */
  async ready(): Promise<void> {
    while (!(await this.#isHealthy())) await delay(PAUSE);
  }

  async #isHealthy(): Promise<boolean> {
    if (this.#running.child.exitCode !== null) throw new Error(this.#running.output);
    const { ok } = await fetch(this.#health);
    return ok;
  }

  /** Ends it as an operator does. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  pause(): void {
    this.#running.signal('SIGSTOP');
  }

  resume(): void {
    this.#running.signal('SIGCONT');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#running.signal(signal);
    await this.#running.exited;
  }

  get #running(): Program {
    if (this.#program === undefined) throw new Error(`${this.name} is not started`);
    return this.#program;
  }
}

/** One NATS server, or several that are a cluster. */
export interface Nats {
  nodes: NatsNode[];
  /** All of them, as `--cluster` takes them. */
  urls: string;
}

/** Starts one NATS server or a cluster of three; gone when the test ends. */
export async function startNats(
  t: TestContext,
  size: 1 | 3 = 1,
  settings: NatsSettings = {},
): Promise<Nats> {
  for (let tries = 1; ; tries += 1) {
    const nodes = await prepare(t, size, settings);
    try {
      await Promise.all(nodes.map((node) => node.start()));
      await Promise.all(nodes.map((node) => node.ready()));
      return { nodes, urls: nodes.map(({ url }) => url).join(',') };
    } catch (error) {
      if (!(error instanceof PortTaken) || tries === TRIES) throw error;
      await Promise.all(nodes.map((node) => node.kill()));
    }
  }
}

/** Somebody was quicker than the server for which it was picked. */
class PortTaken extends Error {}

async function prepare(
  t: TestContext,
  size: number,
  { config = '', hosts = [] }: NatsSettings,
): Promise<NatsNode[]> {
  // Its name is the cluster's, so that no other test's servers join, whose ports may have been these.
  const folder = await emptyFolder(t);
  // One that is started again has to have the ports that it had.
  const first = await freePorts(3 * size);
  const at = (i: number) => `${hosts[i % size] ?? '127.0.0.1'}:${first + i}`;
  const routes = Array.from({ length: size }, (_, i) => `nats-route://${at(size + i)}`);
  const nodes = Array.from({ length: size }, async (_, i) => {
    const name = `nats-${i + 1}`;
    const file = join(folder, `${name}.conf`);
    const cluster =
      size === 1
        ? ''
        : `cluster { name: "${basename(folder)}", listen: "${at(size + i)}", routes: ${JSON.stringify(routes)} }`;
    await writeFile(
      file,
      `server_name: ${name}
listen: "${at(i)}"
http: "${at(2 * size + i)}"
jetstream { store_dir: "${join(folder, name)}" }
${cluster}
${config}
`,
    );
    return new NatsNode(t, name, `nats://${at(i)}`, file, {
      health: `http://${at(2 * size + i)}/healthz`,
      // The port for its peers is the last one that it opens.
      listening: size === 1 ? 'Server is ready' : 'Listening for route connections',
    });
  });
  return Promise.all(nodes);
}
