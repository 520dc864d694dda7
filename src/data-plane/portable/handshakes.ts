import type { Connection } from './connection.ts';

/** At one time. For one more, the oldest is given up. */
const MOST = 256;

/** Clients who shake hands. Those who only begin to would use up all places else. */
export class Handshakes {
  readonly #underWay = new Set<Connection>();
  readonly #settling: (() => void)[] = [];

  /** Encrypts a connection. Resolves with false when it is gone by then. */
  async shake(connection: Connection): Promise<boolean> {
    for (const oldest of this.#underWay) {
      if (this.#underWay.size < MOST) break;
      this.#giveUp(oldest);
    }
    this.#underWay.add(connection);
    const isSecured = await connection.secure();
    this.#underWay.delete(connection);
    if (this.#underWay.size === 0) for (const resolve of this.#settling.splice(0)) resolve();
    return isSecured;
  }

  /** Resolves when nobody shakes hands. */
  async settled(): Promise<void> {
    if (this.#underWay.size > 0) {
      await new Promise<void>((resolve) => this.#settling.push(resolve));
    }
  }

  stop(): void {
    for (const connection of this.#underWay) this.#giveUp(connection);
  }

  #giveUp(connection: Connection): void {
    this.#underWay.delete(connection);
    connection.reset();
  }
}
