import type { Records } from '../records.ts';

/** Members that said of themselves, or showed, that they do not serve, though nothing was done to them. */
export function membersLeft({
  rotations,
  phases,
}: Pick<Records, 'rotations' | 'phases'>): string[] {
  return rotations
    .filter(({ isIn }) => !isIn)
    .filter(
      ({ node, at }) =>
        !phases.some(
          ({ struck, drained = [], begin, end }) =>
            at >= begin && at <= end && (struck === node || drained.includes(node)),
        ),
    )
    .map(({ node, at }) => `${node} was not ready at ${new Date(at).toISOString()}`);
}
