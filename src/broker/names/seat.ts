import type { Socket } from 'node:net';
import type { ClientBeginning } from '../../data-plane/data-plane.ts';
import type { Directory } from './directory.ts';
import type { NamedService } from './named-service.ts';

/** A name, from before its service is there until that is gone. */
export class Seat implements NamedService {
  readonly #directory: Directory;
  readonly #name: string;
  #service: NamedService | undefined;

  private constructor(directory: Directory, name: string) {
    this.#directory = directory;
    this.#name = name;
  }

  /** Undefined when somebody else has the name; see {@link Directory.claim}. To be released. */
  static claim(directory: Directory, name: string, group?: string): Seat | undefined {
    const seat = new Seat(directory, name);
    return directory.claim(name, seat, group) ? seat : undefined;
  }

  get isAvailable(): boolean {
    return this.#service?.isAvailable ?? false;
  }

  enter(client: Socket, begun?: ClientBeginning): void {
    if (this.#service === undefined) client.resetAndDestroy();
    else this.#service.enter(client, begun);
  }

  /** Here is the service. */
  give(service: NamedService): void {
    this.#service = service;
  }

  release(): void {
    this.#directory.release(this.#name, this);
  }
}
