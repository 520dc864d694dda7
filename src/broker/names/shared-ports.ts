import type { Socket } from 'node:net';
import type { DescriptorBudget } from '../../data-plane/descriptor-budget.ts';
import { type ListenAt, type Listener, listen } from '../../data-plane/portable/sockets.ts';
import type { Entrance } from '../entrance.ts';
import type { Inheritance } from '../inheritance.ts';
import type { NamedService } from './named-service.ts';
import { Rotation } from './rotation.ts';

/** The client ports of groups. */
export class SharedPorts {
  readonly #host: string | undefined;
  readonly #budget: DescriptorBudget;
  readonly #inheritance: Inheritance;
  readonly #ports = new Map<number, SharedPort>();

  /**
   * @param host - address to listen on; every address when undefined
   * @param inheritance - listeners that are there already
   */
  constructor(host: string | undefined, budget: DescriptorBudget, inheritance: Inheritance) {
    this.#host = host;
    this.#budget = budget;
    this.#inheritance = inheritance;
  }

  /** Whether this group has the port, so that one more of it may share that. */
  isOf(group: string, port: number): boolean {
    return this.#ports.get(port)?.group === group;
  }

  /**
   * A share of a port that is nobody's or this group's. It is had from now on, and to be left.
   *
   * @param port - 0 lets the system pick
   */
  share(port: number, group: string): SharedPort {
    const at = { host: this.#host, port };
    const shared =
      this.#ports.get(port) ??
      new SharedPort(at, group, this.#budget, this.#inheritance, this.#ports);
    shared.hold();
    return shared;
  }
}

/** A client port whose clients go to several services in turn, open until the last of them leaves. */
export class SharedPort implements Entrance {
  readonly role = 'client';
  readonly group: string;
  readonly #at: { host: string | undefined; port: number };
  readonly #budget: DescriptorBudget;
  readonly #inheritance: Inheritance;
  readonly #all: Map<number, SharedPort>;
  readonly #services = new Rotation();
  #listening: Promise<Listener> | undefined;
  #listener: Listener | undefined;
  #isShut = false;
  #shares = 0;

  /** @param all - where it is to be found by its port */
  constructor(
    at: { host: string | undefined; port: number },
    group: string,
    budget: DescriptorBudget,
    inheritance: Inheritance,
    all: Map<number, SharedPort>,
  ) {
    this.#at = at;
    this.group = group;
    this.#budget = budget;
    this.#inheritance = inheritance;
    this.#all = all;
    if (at.port !== 0) all.set(at.port, this);
  }

  get port(): number {
    return this.#at.port;
  }

  get descriptor(): number | undefined {
    return this.#isShut ? undefined : this.#listener?.descriptor;
  }

  async shut(): Promise<void> {
    this.#isShut = true;
    (await this.#listening)?.close();
  }

  async reopen(descriptor: number): Promise<void> {
    this.#isShut = false;
    await this.#listen({ descriptor });
  }

  /** Somebody has a share, until he leaves. */
  hold(): void {
    this.#shares += 1;
  }

  /** Opens it unless it is open, and resolves with the port. Rejects with the system's error. */
  async open(): Promise<number> {
    const { port } = this.#at;
    if (this.#listening === undefined && this.#inheritance.has('client', port)) {
      this.#inheritance.defer('client', port, (descriptor) => this.#listen({ descriptor }));
      return port;
    }
    return (await (this.#listening ?? this.#listen(this.#at))).port;
  }

  /** From now on, clients come to this service, too. */
  join(service: NamedService): void {
    this.#services.add(service);
  }

  /** Gives up a share. No more clients come to its service, if that had joined. */
  leave(service?: NamedService): void {
    if (service !== undefined) this.#services.delete(service);
    this.#shares -= 1;
    if (this.#shares === 0) void this.#close();
  }

  #listen(at: ListenAt): Promise<Listener> {
    this.#listening = listen(at, (client) => this.#accepted(client)).then((listener) => {
      this.#at.port = listener.port;
      this.#listener = listener;
      if (this.#shares > 0) this.#all.set(listener.port, this);
      else listener.close();
      return listener;
    });
    return this.#listening;
  }

  /** Whether there are descriptors for it is for the service to see, which tells of it if not. */
  #accepted(client: Socket): void {
    this.#budget.give(-1);
    client.once('close', () => this.#budget.give(1));
    this.#services.enter(client);
  }

  async #close(): Promise<void> {
    this.#all.delete(this.#at.port);
    const listener = await this.#listening?.catch(() => undefined);
    listener?.close();
  }
}
