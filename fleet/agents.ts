import { EventEmitter, once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { runCli } from '../test/support/program.ts';
import { PORTS } from './ports.ts';
import { keepLog, type RecordFile, type Told } from './records.ts';

/** What is kept of an agent's log. */
const KEPT = ['ready', 'refused', 'elsewhere', 'lost', 'retrying'];

/** How agents get their clients: by turns. */
const WAYS = ['', 'single-port = true', 'mux = true'];

/** The agents of a run, of which each is a process with several services, and where each service is registered. */
export class Agents {
  readonly #t: TestContext;
  readonly #folder: string;
  readonly #to: string;
  readonly #records: RecordFile<Told>;
  readonly #nodes = new Map<string, string>();
  readonly #told = new EventEmitter();
  #started = 0;

  constructor(t: TestContext, folder: string, nodes: string[], records: RecordFile<Told>) {
    this.#t = t;
    this.#folder = folder;
    this.#to = nodes.map((node) => `${node}:${PORTS.control}`).join(',');
    this.#records = records;
    this.#told.setMaxListeners(0);
  }

  async start(names: string[]): Promise<void> {
    const way = WAYS[this.#started % WAYS.length] ?? '';
    this.#started += 1;
    const agent = `agent-${this.#started}`;
    const services = names.map((name) => {
      const target = `unix:${this.#folder}/${name}.sock`;
      return `[services.${name}]\ntarget = "${target}"\nname = "${name}"\n`;
    });
    const file = `${this.#folder}/${agent}.toml`;
    await writeFile(file, [`to = "${this.#to}"`, 'log = "json"', way, ...services].join('\n'));
    const program = runCli(this.#t, 'relay-agent', ['--config', file]);
    keepLog(program, agent);
    for (const output of [program.child.stdout, program.child.stderr]) {
      if (output) createInterface(output).on('line', (line) => this.#hear(agent, line));
    }
  }

  /** The names that a member has. */
  namesOf(node: string): string[] {
    return [...this.#nodes].filter(([, at]) => at === node).map(([name]) => name);
  }

  /** Resolves when all of these are registered somewhere. */
  async registered(names: string[]): Promise<void> {
    while (!names.every((name) => this.#nodes.has(name))) await once(this.#told, 'told');
  }

  /** The next event of that name that a service's agent logs. */
  async next(service: string, event: string): Promise<Told> {
    for (;;) {
      const [told] = (await once(this.#told, 'told')) as [Told];
      if (told.service === service && told.event === event) return told;
    }
  }

  #hear(agent: string, line: string): void {
    if (!line.startsWith('{')) return;
    const { event, service, code, host } = JSON.parse(line) as Record<string, string>;
    if (event === undefined || service === undefined || !KEPT.includes(event)) return;
    const told: Told = { agent, service, event, at: Date.now() };
    if (code !== undefined) told.code = code;
    if (event === 'ready' && host !== undefined) {
      told.node = host;
      this.#nodes.set(service, host);
    } else if (event === 'lost') {
      this.#nodes.delete(service);
    }
    this.#records.add(told);
    this.#told.emit('told', told);
  }
}
