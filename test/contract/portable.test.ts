import { describe } from 'node:test';
import { createPortableDataPlane } from '#src/data-plane/portable/portable-data-plane.ts';
import { dataPlaneContract } from './data-plane.ts';

describe('the portable data plane', () => dataPlaneContract(createPortableDataPlane));
