import { after, describe } from 'node:test';
import { LinuxDataPlane } from '#src/data-plane/linux/linux-data-plane.ts';
import { dataPlaneContract } from './data-plane.ts';

describe('the Linux data plane', () => {
  const plane = new LinuxDataPlane(2, {
    warning: () => {},
    failed: (error) => {
      throw error;
    },
  });
  after(() => plane.close());
  dataPlaneContract(() => plane);
});
