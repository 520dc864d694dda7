import { adoption } from './adoption.ts';
import { announcements } from './announcements.ts';
import { connections } from './connections.ts';
import { dialHello } from './dial-hello.ts';
import { dialPair } from './dial-pair.ts';
import { dialSilentSpare } from './dial-silent-spare.ts';
import { dialSpare } from './dial-spare.ts';
import { halfClose } from './half-close.ts';
import { holding } from './holding.ts';
import { lifecycle } from './lifecycle.ts';
import { limits } from './limits.ts';
import { otherDoors } from './other-doors.ts';
import { pairing } from './pairing.ts';
import { parking } from './parking.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';
import { pool } from './pool.ts';
import { pressure } from './pressure.ts';
import { resets } from './resets.ts';
import { spares } from './spares.ts';
import { strangers } from './strangers.ts';
import { tickets } from './tickets.ts';
import { urgent } from './urgent.ts';

/** What every data plane has to do. Knows of none in particular. */
export function dataPlaneContract(createPlane: PlaneUnderTest): void {
  halfClose(createPlane);
  resets(createPlane);
  urgent(createPlane);
  pairing(createPlane);
  tickets(createPlane);
  strangers(createPlane);
  spares(createPlane);
  holding(createPlane);
  parking(createPlane);
  limits(createPlane);
  adoption(createPlane);
  pool(createPlane);
  otherDoors(createPlane);
  announcements(createPlane);
  lifecycle(createPlane);
  connections(createPlane);
  pressure(createPlane);
  dialPair(createPlane);
  dialHello(createPlane);
  dialSpare(createPlane);
  dialSilentSpare(createPlane);
}
