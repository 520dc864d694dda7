import type { DescriptorBudget } from '../data-plane/descriptor-budget.ts';
import type { Member } from '../directory/member.ts';
import { Outgoing } from './outgoing.ts';

/**
 * The connections to one member. Questions have their own: behind what clients have sent, which may fill the
 * buffers of two kernels, an answer would come too late.
 */
interface Peer {
  clients: Outgoing;
  questions: Outgoing;
}

/** The connections to all other members. */
export class Peers {
  readonly #self: string;
  readonly #budget: DescriptorBudget;
  readonly #byName = new Map<string, Peer>();
  /** All that are not over, or may be used yet: those to a member that has started anew, too. */
  readonly #all = new Set<Outgoing>();
  #hasLeft = false;

  /** @param self - name of the member that dials */
  constructor(self: string, budget: DescriptorBudget) {
    this.#self = self;
    this.#budget = budget;
  }

  to({ name, link }: Member): Peer {
    const known = this.#byName.get(name);
    if (known?.clients.isTo(link)) return known;
    // It has started anew, or is at another place: what is under way there finishes or is lost.
    void known?.clients.leave();
    void known?.questions.leave();
    this.#forgetIdle();
    const outgoing = () => {
      const made = new Outgoing(link, this.#self, this.#budget);
      this.#all.add(made);
      if (this.#hasLeft) void made.leave();
      return made;
    };
    const peer = { clients: outgoing(), questions: outgoing() };
    this.#byName.set(name, peer);
    return peer;
  }

  isDialled(name: string): boolean {
    return this.#byName.get(name)?.clients.isDialled ?? false;
  }

  /** Resolves when the last stream is over. */
  async leave(): Promise<void> {
    this.#hasLeft = true;
    await Promise.all([...this.#all].map((outgoing) => outgoing.leave()));
  }

  cut(): void {
    for (const outgoing of this.#all) outgoing.cut();
  }

  #forgetIdle(): void {
    const kept = new Set<Outgoing>();
    for (const [name, { clients, questions }] of this.#byName) {
      if (clients.isIdle && questions.isIdle) this.#byName.delete(name);
      else kept.add(clients).add(questions);
    }
    for (const outgoing of this.#all) {
      if (outgoing.isIdle && !kept.has(outgoing)) this.#all.delete(outgoing);
    }
  }
}
