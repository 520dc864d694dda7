/**
 * The times of the rule in docs/fleet.md, "Who owns a name", in milliseconds. The rule holds as long as
 * no clock runs {@link PATIENCE} in less than the time in which another runs {@link TENURE}: with these, up to
 * rates that are 20 % off to either side.
 */

/** Between two renewals of a session: four of them fit into a tenure, so that two can be lost. */
export const RENEWAL = 500;

/** For which what a session has claimed is its own, from the moment at which it asked for that. */
export const TENURE = 2000;

/** For which a member waits before it counts out a session that it hears nothing of, and which it promises to wait. */
export const PATIENCE = 3000;

/** For which a tenure can be prolonged by promises alone, while the store is away. */
export const WITHOUT_STORE = 600_000;

/**
 * For which a member waits whose promise is not asked for, as the session does not know it. It outlasts
 * {@link WITHOUT_STORE} as patience outlasts a tenure: clocks that differ do so the more, the longer they run.
 */
export const PATIENCE_OF_A_STRANGER = (WITHOUT_STORE * PATIENCE) / TENURE;
