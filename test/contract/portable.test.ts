import { describe } from 'node:test';
import { createPortableDataPlane } from '#src/data-plane/portable/portable-data-plane.ts';
import { dataPlaneContract } from './data-plane.ts';
import { otherDoors } from './other-doors.ts';
import { pool } from './pool.ts';

describe('the portable data plane', () => {
  dataPlaneContract(createPortableDataPlane);
  pool(createPortableDataPlane);
  otherDoors(createPortableDataPlane);
});
