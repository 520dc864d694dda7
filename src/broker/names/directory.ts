import type { NamedService } from './named-service.ts';
import { Rotation } from './rotation.ts';

interface Entry {
  /** Undefined where nobody else may join. */
  group: string | undefined;
  services: Rotation;
}

/** Who serves which name, for every door that knows names. */
export class Directory {
  readonly #entries = new Map<string, Entry>();

  /**
   * False when somebody else has the name.
   *
   * @param group - those who give the same one share the name, their clients in turn
   */
  claim(name: string, service: NamedService, group?: string): boolean {
    const entry = this.#entries.get(name) ?? { group, services: new Rotation() };
    const isFree = entry.services.size === 0;
    if (!isFree && (group === undefined || entry.group !== group)) return false;
    entry.services.add(service);
    this.#entries.set(name, entry);
    return true;
  }

  /** To be called once for each claim. */
  release(name: string, service: NamedService): void {
    const services = this.#entries.get(name)?.services;
    services?.delete(service);
    if (services?.size === 0) this.#entries.delete(name);
  }

  /** Undefined where nobody has the name. */
  find(name: string): NamedService | undefined {
    return this.#entries.get(name)?.services;
  }
}
