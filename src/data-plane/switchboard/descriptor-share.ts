import type { DescriptorBudget } from '../descriptor-budget.ts';

/** How many descriptors somebody holds of a budget, as a number that can be set. */
export class DescriptorShare {
  readonly #budget: DescriptorBudget;
  #held = 0;

  constructor(budget: DescriptorBudget) {
    this.#budget = budget;
  }

  /** Takes what is missing, or gives back what is too much. False, with nothing changed, when the budget has too few. */
  hold(count: number): boolean {
    const missing = count - this.#held;
    if (missing > 0 && !this.#budget.take(missing)) return false;
    if (missing < 0) this.#budget.give(-missing);
    this.#held = count;
    return true;
  }
}
