import assert from 'node:assert/strict';
import type { DataPlane } from '#src/data-plane/data-plane.ts';
import type { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import { LinuxDataPlane } from '#src/data-plane/linux/linux-data-plane.ts';
import { createPortableDataPlane } from '#src/data-plane/portable/portable-data-plane.ts';

/** A data plane that takes its descriptors from a budget of the test's own. */
export function planeWith(name: DataPlane['name'], budget: DescriptorBudget): DataPlane {
  if (name === 'portable') return createPortableDataPlane(budget);
  return new LinuxDataPlane(1, { warning: () => {}, failed: assert.ifError }, budget);
}
