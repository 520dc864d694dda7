import type { DataPlane } from '#src/data-plane/data-plane.ts';

/** The implementation that the suite is run against. */
export type PlaneUnderTest = () => DataPlane;
