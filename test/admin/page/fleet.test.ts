import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import type { FleetName } from '#src/broker/fleet/status.ts';
import { openAdmin } from '../../support/admin.ts';
import { needs } from '../../support/needs.ts';
import { FLEET } from '../../support/operated-broker.ts';
import { assertFits, openStatusPage, startChromium, tabTo } from '../../support/status-page.ts';

const SECOND = 'relay-2.example.net:8080';

const named = (name: string, more: Partial<FleetName> = {}): FleetName => ({
  ...{ name, member: FLEET.node, offer: 'open', generation: 12 },
  ...more,
});

describe('the status page of a broker in a fleet', needs('chromium'), () => {
  let browser: Browser;
  before(async () => {
    browser = await startChromium();
  });
  after(() => browser.close());

  /** The page of a broker that says it has these names. */
  async function opened(t: TestContext, names: FleetName[], options: BrowserContextOptions = {}) {
    const { admin, broker } = await openAdmin(t);
    broker.inFleet = FLEET;
    broker.names = names;
    const page = await openStatusPage(t, browser, admin.url, options);
    const rowsOf = (table: string) => page.getByRole('table', { name: table }).locator('tbody tr');
    return { broker, page, rowsOf };
  }

  test('shows the members with their load, and where each name lives', async (t) => {
    const { broker, rowsOf } = await opened(t, [
      named('wiki', { member: SECOND, offer: 'moving' }),
      named('blog'),
    ]);
    await rowsOf('Names').nth(1).waitFor();
    assert.deepEqual(await rowsOf('Names').allInnerTexts(), [
      `blog\t${FLEET.node}\t12\tOpen`,
      `wiki\t${SECOND}\t12\tMoving`,
    ]);
    assert.deepEqual(await rowsOf('Fleet eu-1').allInnerTexts(), [
      `${FLEET.node} this one\t1\t1\t–\tLive`,
      `${SECOND}\t12\t1,300\tyes\tDraining`,
      'relay-3.example.net:8080\t0\t0\tno\tSilent',
    ]);
    broker.names = [named('git')];
    await rowsOf('Names').filter({ hasText: 'git' }).waitFor();
    assert.equal(await rowsOf('Names').count(), 1, 'names are looked at again and again');
  });

  test('says when the broker is cut off from the fleet, and when it is not any more', async (t) => {
    const { broker, page } = await opened(t, []);
    await page.getByText('No service of the fleet has a name.').waitFor();
    broker.inFleet = {
      ...FLEET,
      directory: { reachable: false, since: new Date() },
      tenure: { held: false, since: new Date() },
    };
    await page.getByText('This broker serves nobody by name.').waitFor();
    await page.getByText('The directory of the fleet is away.').waitFor();
    broker.inFleet = FLEET;
    await page.getByText('This broker serves nobody by name.').waitFor({ state: 'detached' });
  });

  test('shows some of 20,000 names, and finds each of them by keyboard', async (t) => {
    const many = Array.from({ length: 20_000 }, (_, n) => named(`service-${n}`));
    const { page, rowsOf } = await opened(t, [...many, named('wiki', { member: SECOND })]);
    const rows = rowsOf('Names');
    await page.getByText('The first 200 of 20,001 are shown.').waitFor();
    assert.equal(await rows.count(), 200);
    for (const shown of [400, 600, 800]) {
      await page.getByRole('button', { name: 'Show more' }).click();
      await page.getByText(`The first ${shown} of 20,001 are shown.`).waitFor();
    }
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByText('The first 1,000 of 20,001 are shown. The filter finds').waitFor();
    assert.equal(await rows.count(), 1000);

    await page.locator('h1').click();
    await tabTo(page, 'Filter names');
    await page.keyboard.type('RELAY-2 wi');
    await page.getByText('1 of 20,001', { exact: true }).waitFor();
    assert.deepEqual(await rows.allInnerTexts(), [`wiki\t${SECOND}\t12\tOpen`]);
    await page.keyboard.type('x');
    await page.getByText('No name has “RELAY-2 wix” in it').waitFor();
  });

  test('sorts the members as asked, and keeps that while it is updated', async (t) => {
    const { broker, page, rowsOf } = await opened(t, []);
    const first = rowsOf('Fleet eu-1').nth(0);
    await first.getByText(FLEET.node).waitFor();
    const head = page
      .getByRole('table', { name: 'Fleet eu-1' })
      .getByRole('button', { name: 'Connections' });
    await head.press('Enter');
    await first.getByText(SECOND).waitFor();
    const [one, two, three] = FLEET.members;
    assert.ok(one && two && three);
    const busy = { ...three, load: { registrations: 1, connections: 5000 } };
    broker.inFleet = { ...FLEET, members: [one, two, busy] };
    await first.getByText('5,000').waitFor();
  });

  test('fits a phone, in the dark as well, whatever members and names are called', async (t) => {
    const long = named(`${'long-'.repeat(12)}name`, { member: `${'l'.repeat(60)}.example:8080` });
    const { broker, page, rowsOf } = await opened(t, [long], {
      viewport: { width: 320, height: 640 },
      colorScheme: 'dark',
    });
    const [first] = FLEET.members;
    assert.ok(first);
    broker.inFleet = { ...FLEET, members: [{ ...first, name: long.member }] };
    await rowsOf('Names').nth(0).waitFor();
    await rowsOf('Fleet eu-1').filter({ hasText: long.member }).waitFor();
    await assertFits(page, [320, 600, 601, 1220, 1221]);
  });

  test('says nothing of a fleet where there is none', async (t) => {
    const { admin } = await openAdmin(t);
    const page = await openStatusPage(t, browser, admin.url);
    await page.getByRole('heading', { name: 'Registrations' }).waitFor();
    assert.equal(await page.getByRole('heading', { name: /^(Fleet|Names)/ }).count(), 0);
  });
});
