import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type OpenPlane, openOwnPlane, sharedPlanes } from '#src/agent/planes.ts';

const OBSERVER = { warning: () => {}, failed: () => {} };

const open = (planes: OpenPlane) => planes({ dataPlane: 'auto' }, { ...OBSERVER });

describe('data planes of the agents of one process', () => {
  test('are one, from the first agent to the last', async () => {
    const planes = sharedPlanes();
    const [one, other] = await Promise.all([open(planes), open(planes)]);
    assert.equal(one.plane, other.plane);
    await one.close();
    const third = await open(planes);
    assert.equal(third.plane, other.plane);
    await Promise.all([other.close(), third.close()]);

    const later = await open(planes);
    assert.notEqual(later.plane, one.plane);
    await later.close();
  });

  test('are apart where one asks for another, and for an agent that is alone', async () => {
    const planes = sharedPlanes();
    const all = await Promise.all([
      open(planes),
      planes({ dataPlane: 'portable' }, OBSERVER),
      open(openOwnPlane),
      open(openOwnPlane),
    ]);
    assert.equal(new Set(all.map(({ plane }) => plane)).size, 4);
    await Promise.all(all.map((held) => held.close()));
  });
});
