import type { World } from './world.ts';

/** How long a member's way to the store stays slow. */
const SLOW = 600;

/** What becomes of messages between members, and between them and the store: most arrive soon, some late, some never. */
export class Network {
  readonly #world: World;
  /** Until when nothing gets through, by where from and where to. */
  readonly #cuts = new Map<string, number>();
  readonly #slow = new Map<string, { until: number; by: number }>();
  #storeBackAt = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Nothing gets through between two members. */
  part(one: string, other: string, duration: number): void {
    this.#cut(`${one} to ${other}`, duration);
    this.#cut(`${other} to ${one}`, duration);
  }

  cutOff(member: string, duration: number): void {
    this.#cut(`${member} to store`, duration);
    this.deafen(member, duration);
  }

  /** What it sends to the store arrives; nothing comes back. */
  deafen(member: string, duration: number): void {
    this.#cut(`store to ${member}`, duration);
  }

  /** What it sends to the store in the next moments is held up on the way, also if it is gone by then. */
  slow(member: string, by: number): void {
    this.#slow.set(member, { until: this.#world.time + SLOW, by });
  }

  /** The store answers nobody, and does nothing. */
  stopStore(duration: number): void {
    this.#storeBackAt = Math.max(this.#storeBackAt, this.#world.time + duration);
  }

  between(one: string, other: string, arrived: () => void): void {
    const cut = this.#cutFor(`${one} to ${other}`);
    if (!this.#isLost(cut)) this.#world.after(cut + this.#latency(), arrived);
  }

  toStore(member: string, arrived: () => void): void {
    if (!this.#isLost(this.#cutToStore(member))) this.surelyToStore(member, arrived);
  }

  /** Sent until it arrives. */
  surelyToStore(member: string, arrived: () => void): void {
    const cut = this.#cutToStore(member);
    const { until = 0, by = 0 } = this.#slow.get(member) ?? {};
    const held = this.#world.time < until ? by : 0;
    this.#world.after(cut + held + this.#latency(), arrived);
  }

  fromStore(member: string, arrived: () => void): void {
    const cut = this.#cutFor(`store to ${member}`);
    if (!this.#isLost(cut)) this.surelyFromStore(member, arrived);
  }

  surelyFromStore(member: string, arrived: () => void): void {
    this.#world.after(this.#cutFor(`store to ${member}`) + this.#latency(), arrived);
  }

  #cut(way: string, duration: number): void {
    this.#cuts.set(way, Math.max(this.#cuts.get(way) ?? 0, this.#world.time + duration));
  }

  #cutToStore(member: string): number {
    return Math.max(this.#cutFor(`${member} to store`), this.#storeBackAt - this.#world.time);
  }

  #cutFor(way: string): number {
    return Math.max(0, (this.#cuts.get(way) ?? 0) - this.#world.time);
  }

  #isLost(cut: number): boolean {
    return cut > 0 && this.#world.chance() < 0.4;
  }

  #latency(): number {
    const kind = this.#world.chance();
    if (kind < 0.85) return 3 * this.#world.chance();
    return (kind < 0.97 ? 300 : 4000) * this.#world.chance();
  }
}
