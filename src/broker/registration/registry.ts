import type { ExchangeCounters } from '../../data-plane/data-plane.ts';
import type { DescriptorBudget } from '../../data-plane/descriptor-budget.ts';
import { reasonOf } from '../../errors.ts';
import type { PortChoice, TakenPorts } from '../access/ports.ts';
import type { TokenRights } from '../access/token-rights.ts';
import type { EmitBrokerEvent } from '../events.ts';
import type { Refusal } from '../reception/refusal.ts';
import type { Registration } from './registration.ts';
import { sumOf } from './sum.ts';

/** Both listeners, and the control connection, which a data plane may hold a second time. */
const DESCRIPTORS = 3;

/** Lets the system pick. */
const ANY_PORT = 0;

/** What a registration is to have, and how that is told of. */
export interface Claim {
  /** Undefined where clients reach it by name only. */
  ports: PortChoice | undefined;
  /** Of its token. */
  rights: TokenRights | undefined;
  event: 'registered' | 'restored';
}

/** A registration and when its listeners were opened. */
export interface Registered {
  registration: Registration;
  since: Date;
}

/** All registrations, and what they take of what is limited: places, client ports, descriptors. */
export class Registry {
  #most: number;
  readonly #budget: DescriptorBudget;
  readonly #emit: EmitBrokerEvent;
  /** Client ports, and how many have each: those of a group share theirs. */
  readonly #ports = new Map<number, number>();
  readonly #opening = new Set<Promise<unknown>>();
  readonly #all = new Map<number, Registered>();
  readonly #ofToken = new Map<string, number>();
  /** Of registrations of which nothing is left. */
  #past = sumOf([]);
  #count = 0;
  #lastId = 0;
  #isClosing = false;

  /**
   * @param most - at one time
   * @param lastId - that was given by the process before
   */
  constructor(most: number, budget: DescriptorBudget, emit: EmitBrokerEvent, lastId = 0) {
    this.#lastId = lastId;
    this.#most = most;
    this.#budget = budget;
    this.#emit = emit;
  }

  /** Client ports that are taken, or about to be. */
  get ports(): TakenPorts {
    return this.#ports;
  }

  /** The last that was given to a registration. */
  get lastId(): number {
    return this.#lastId;
  }

  /** Those included of which only relayed connections are left. */
  all(): Registration[] {
    return this.list().map(({ registration }) => registration);
  }

  /** The same, with when the listeners of each were opened. */
  list(): Registered[] {
    return [...this.#all.values()];
  }

  /** Of all there have been. */
  get counters(): ExchangeCounters {
    return sumOf([this.#past, ...this.all().map(({ exchange }) => exchange.counters())]);
  }

  /** How many there are of a token. */
  ofToken(name: string): number {
    return this.#ofToken.get(name) ?? 0;
  }

  find(id: number): Registration | undefined {
    return this.#all.get(id)?.registration;
  }

  /**
   * Opens a registration on the first of its ports that nothing else on the machine holds.
   *
   * @param open - rejects with the system's error
   */
  async open<R extends Registration>(
    claim: Claim,
    open: (id: number, clientPort: number | undefined) => Promise<R>,
  ): Promise<R | Refusal> {
    if (this.#isClosing) return { cause: 'shutdown' };
    const opening = this.#open(claim, open);
    this.#opening.add(opening);
    const opened = await opening;
    this.#opening.delete(opening);
    if ('cause' in opened || !this.#isClosing) return opened;
    await opened.end('shutdown');
    return { cause: 'shutdown' };
  }

  /** Resolves when all that are being opened at the moment are open, or could not be. */
  async opened(): Promise<void> {
    await Promise.allSettled(this.#opening);
  }

  /** How many there may be at one time from now on; those that are here stay. */
  bound(most: number): void {
    this.#most = most;
  }

  /** Resolves when nothing is being opened. */
  async settled(): Promise<void> {
    while (this.#opening.size > 0) await Promise.all(this.#opening);
  }

  /** Clients that wait, of those registrations whose server is there to fetch them. */
  get waiting(): number {
    return this.all()
      .filter(({ state }) => state !== 'held')
      .reduce((sum, { exchange }) => sum + exchange.counters().waiting, 0);
  }

  /** Clients that are joined with their services. */
  get paired(): number {
    return this.all().reduce((sum, { exchange }) => sum + exchange.counters().paired, 0);
  }

  /** Opens none any more, and has those end that are here; see {@link Registration.dismiss}. */
  async dismiss(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.all().map((registration) => registration.dismiss()));
  }

  /** Ends all of them. Resolves when their relayed connections have ended, too. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.all().map((registration) => registration.end('shutdown')));
    // What was being opened when all this began ends as soon as it is.
    while (this.#opening.size + this.#all.size > 0) {
      await Promise.all(this.#opening);
      await Promise.all(this.all().map(({ exchange }) => exchange.finished));
    }
  }

  /** Resets all relayed connections. */
  cut(): void {
    for (const { exchange } of this.all()) exchange.cut('drain');
  }

  async #open<R extends Registration>(
    { ports, rights, event }: Claim,
    open: (id: number, clientPort: number | undefined) => Promise<R>,
  ): Promise<R | Refusal> {
    const lacking = this.#take(rights);
    if (lacking !== undefined) return lacking;
    const opened = await this.#openOnFreePort(ports, open);
    if ('cause' in opened) {
      this.#give(rights);
      return opened;
    }
    const { info, exchange, ended } = opened;
    this.#all.set(info.id, { registration: opened, since: new Date() });
    void ended.then(() => {
      this.#givePort(info.clientPort);
      this.#give(rights);
    });
    void exchange.finished.then(() => {
      this.#all.delete(info.id);
      this.#past = sumOf([this.#past, exchange.counters()]);
    });
    this.#emit(event, info);
    return opened;
  }

  async #openOnFreePort<R extends Registration>(
    ports: PortChoice | undefined,
    open: (id: number, clientPort: number | undefined) => Promise<R>,
  ): Promise<R | Refusal> {
    for (const candidate of ports?.candidates ?? [undefined]) {
      const port = candidate ?? ANY_PORT;
      this.#takePort(port);
      this.#lastId += 1;
      try {
        const opened = await open(this.#lastId, candidate);
        if (port === ANY_PORT) this.#takePort(opened.info.clientPort);
        return opened;
      } catch (error) {
        this.#givePort(port);
        const isTaken = port !== ANY_PORT && (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
        if (!isTaken) return { cause: 'listen', detail: reasonOf(error) };
      }
    }
    return { cause: ports?.refusal ?? 'no-port' };
  }

  /** Nothing for {@link ANY_PORT}, which is none yet. */
  #takePort(port: number): void {
    if (port !== ANY_PORT) this.#ports.set(port, (this.#ports.get(port) ?? 0) + 1);
  }

  #givePort(port: number): void {
    const others = (this.#ports.get(port) ?? 0) - 1;
    if (others > 0) this.#ports.set(port, others);
    else this.#ports.delete(port);
  }

  #take(rights: TokenRights | undefined): Refusal | undefined {
    if (this.#count >= this.#most) return { cause: 'full' };
    const { name = '', maxRegistrations = Number.POSITIVE_INFINITY } = rights ?? {};
    const ofToken = this.ofToken(name);
    if (ofToken >= maxRegistrations) return { cause: 'token-full', detail: name };
    if (!this.#budget.take(DESCRIPTORS)) return { cause: 'descriptors' };
    this.#count += 1;
    this.#ofToken.set(name, ofToken + 1);
    return undefined;
  }

  #give(rights: TokenRights | undefined): void {
    const name = rights?.name ?? '';
    const ofToken = (this.#ofToken.get(name) ?? 0) - 1;
    if (ofToken > 0) this.#ofToken.set(name, ofToken);
    else this.#ofToken.delete(name);
    this.#count -= 1;
    this.#budget.give(DESCRIPTORS);
  }
}
