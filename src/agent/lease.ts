import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import writeFileAtomic from 'write-file-atomic';
import { RelayError, reasonOf } from '../errors.ts';
import { parseList, parsePortRange } from '../options/values.ts';
import { brokerWords, type Register, type Registered, serviceName } from '../protocol/extended.ts';
import type { NoticeListener } from './events.ts';
import type { Change } from './link/link.ts';

/** What the right to a port consists of. A key is good at the relays of one fleet, and told to no other but where one of these says so. */
const { key, port } = brokerWords.REGISTERED.entries;
const held = v.object({
  to: v.string(),
  key,
  port,
  name: v.optional(serviceName),
  group: v.optional(v.boolean()),
});

type Held = v.InferOutput<typeof held>;

export interface LeaseSettings {
  /** The relays, with commas between them. */
  to: string;
  port?: number | undefined;
  ports?: string | undefined;
  name?: string | undefined;
  group?: boolean | undefined;
  /** Where it outlives this process. */
  state?: string | undefined;
}

/** The right to a client port, as long as the relay holds it for us. */
export class Lease {
  readonly #settings: LeaseSettings;
  readonly #notice: NoticeListener;
  #held: Held | undefined;
  /** Where clients came to last. */
  #host: string | undefined;
  #seconds = 0;
  #endsAt = Number.NEGATIVE_INFINITY;

  private constructor(settings: LeaseSettings, notice: NoticeListener, held: Held | undefined) {
    this.#settings = settings;
    this.#notice = notice;
    this.#held = held;
  }

  /** @throws RelayError `E_STATE` when there is a file that cannot be read. */
  static async open(settings: LeaseSettings, notice: NoticeListener): Promise<Lease> {
    const { state, to } = settings;
    const held = state === undefined ? undefined : await read(state, notice);
    const isOurs = held !== undefined && isOneFleet(held.to, to) && isWanted(held, settings);
    return new Lease(settings, notice, isOurs ? held : undefined);
  }

  /** What to ask the relay for, so that it gives back what was ours. */
  get claim(): Pick<Register, 'resume' | 'preferredPort'> {
    return { resume: this.#held?.key, preferredPort: this.#held?.port };
  }

  /** Whether the relay holds, or has held, something for us. */
  get isKnown(): boolean {
    return this.#held !== undefined;
  }

  /**
   * Resolves when it would survive this process, with what is not as it was.
   *
   * @param host - where clients come to
   */
  async granted(registered: Registered, host: string): Promise<readonly Change[]> {
    const { key, port, lease } = registered;
    const { to, name, group } = this.#settings;
    const changed = this.#changesTo(registered, host);
    const before = this.#held;
    this.#held = { to, key, port, name, group: group || undefined };
    this.#host = host;
    this.#seconds = lease;
    if (!isDeepStrictEqual(before, this.#held)) await this.#keep(this.#held);
    return changed;
  }

  #changesTo({ port, resumed }: Registered, host: string): Change[] {
    const changes: [Change, boolean][] = [
      ['relay', this.#host !== undefined && this.#host !== host],
      ['port', this.isKnown && this.#held?.port !== port],
      ['lease', this.isKnown && !resumed],
    ];
    return changes.filter(([, isSo]) => isSo).map(([change]) => change);
  }

  async #keep(held: Held): Promise<void> {
    const { state } = this.#settings;
    if (state === undefined) return;
    try {
      await writeFileAtomic(state, `${JSON.stringify(held)}\n`, { mode: 0o600 });
    } catch (error) {
      this.#notice(
        'state-file',
        `Cannot write the state file ${state}: ${reasonOf(error)}. Started again, this agent may get another port.`,
      );
    }
  }

  /** The control connection is gone: from now on, the lease runs. */
  begin(): void {
    this.#endsAt = performance.now() + this.#seconds * 1000;
  }

  get isRunning(): boolean {
    return performance.now() < this.#endsAt;
  }
}

/** A relay may have joined its fleet, or left it, since. */
function isOneFleet(before: string, now: string): boolean {
  const relays = parseList(now);
  return parseList(before).some((relay) => relays.includes(relay));
}

function isWanted(held: Held, { port, ports, name, group = false }: LeaseSettings): boolean {
  if (held.name !== name || (held.group ?? false) !== group) return false;
  const range = ports === undefined ? undefined : parsePortRange(ports);
  if (range !== undefined) return held.port >= range.from && held.port <= range.to;
  return port === undefined || held.port === port;
}

async function read(file: string, notice: NoticeListener): Promise<Held | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new RelayError(
      'E_STATE',
      `Cannot read the state file ${file}: ${reasonOf(error)}. Give another (--state), or see to its permissions.`,
      { cause: error },
    );
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), held), text);
  if (parsed.success) return parsed.output;
  notice('state-file', `The state file ${file} holds no right to a port, and is written anew.`);
  return undefined;
}
