import type { ClientBeginning, StreamSocket } from '../../data-plane/data-plane.ts';
import type { NamedService } from './named-service.ts';

/** Services that take clients in turn. Who is not available is passed over. */
export class Rotation implements NamedService {
  /** Who comes next first. */
  #services: NamedService[] = [];

  get size(): number {
    return this.#services.length;
  }

  get isAvailable(): boolean {
    return this.#services.some((service) => service.isAvailable);
  }

  add(service: NamedService): void {
    this.#services.push(service);
  }

  delete(service: NamedService): void {
    this.#services = this.#services.filter((other) => other !== service);
  }

  /** Where none is available, the one whose turn it is decides what becomes of the client. */
  enter(client: StreamSocket, begun?: ClientBeginning): void {
    const service = this.#services.find(({ isAvailable }) => isAvailable) ?? this.#services[0];
    if (service === undefined) {
      client.destroy();
      return;
    }
    this.delete(service);
    this.add(service);
    service.enter(client, begun);
  }
}
