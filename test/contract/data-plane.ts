import { announcements } from './announcements.ts';
import { connections } from './connections.ts';
import { dialHello } from './dial-hello.ts';
import { dialPair } from './dial-pair.ts';
import { dialSpare } from './dial-spare.ts';
import { halfClose } from './half-close.ts';
import { lifecycle } from './lifecycle.ts';
import { pairing } from './pairing.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';
import { pressure } from './pressure.ts';
import { resets } from './resets.ts';
import { tickets } from './tickets.ts';
import { urgent } from './urgent.ts';

/** What every data plane has to do. Knows of none in particular. */
export function dataPlaneContract(createPlane: PlaneUnderTest): void {
  halfClose(createPlane);
  resets(createPlane);
  urgent(createPlane);
  pairing(createPlane);
  tickets(createPlane);
  announcements(createPlane);
  lifecycle(createPlane);
  connections(createPlane);
  pressure(createPlane);
  dialPair(createPlane);
  dialHello(createPlane);
  dialSpare(createPlane);
}
