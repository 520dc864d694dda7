import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { Browser, Locator, Page, Route } from 'playwright-core';
import { type ExtendedAgent, registerAgent } from '../../support/extended-agent.ts';
import { runJsonAgent } from '../../support/json-agent.ts';
import { needs } from '../../support/needs.ts';
import {
  ADMIN_TOKEN,
  adminToken,
  assertFits,
  enterToken,
  openStatusPage,
  runOperatedBroker,
  startChromium,
  tabTo,
} from '../../support/status-page.ts';
import { connectTo, endingOf, freePorts, serve } from '../../support/tcp.ts';

describe('the status page', needs('chromium'), () => {
  let browser: Browser;
  before(async () => {
    browser = await startChromium();
  });
  after(() => browser.close());

  test('shows a service from its registration on, bytes as they move, and ends a connection when told', async (t) => {
    const broker = await runOperatedBroker(t, ...(await adminToken(t)));
    const page = await openStatusPage(t, browser, broker.url);
    await enterToken(page);
    await page.getByText(`relay-agent 3000 --to 127.0.0.1:${broker.controlPort}`).waitFor();

    const served: Socket[] = [];
    const service = await serve(t, (socket) => served.push(socket));
    const agent = runJsonAgent(t, service.port, broker.controlPort);
    const port = await agent.port();
    const address = `127.0.0.1:${port}`;
    const row = page.getByRole('row').filter({ hasText: address });
    await row.getByRole('button', { expanded: false }).click();
    await page.getByText('No connections at the moment').waitFor();

    const arrived = once(service, 'connection');
    const client = await connectTo(t, port);
    const ending = endingOf(client);
    client.resume();
    await arrived;
    const connection = page
      .getByRole('table', { name: /^Connections of/ })
      .getByRole('row')
      .nth(1);
    served[0]?.write(Buffer.alloc(300 * 1024));
    await connection.getByText('300 KiB', { exact: true }).waitFor();
    served[0]?.write(Buffer.alloc(200 * 1024));
    await connection.getByText('500 KiB', { exact: true }).waitFor();

    const end = connection.getByRole('button', { name: /^End the connection of 127.0.0.1:/ });
    await end.click();
    await page.getByRole('dialog', { name: 'End this connection?' }).waitFor();
    await page.keyboard.press('Escape');
    await focused(end);
    assert.ok(!client.closed, 'nothing is ended before it was confirmed');
    await end.click();
    await page.getByRole('button', { name: 'End connection' }).click();
    assert.equal(await ending, 'ECONNRESET');
    await focused(page.getByRole('main'));
    await page.getByText(/^The connection of 127\.0\.0\.1:\d+ was ended\.$/).waitFor();
    await page.getByText('No connections at the moment').waitFor();
  });

  test('ends a registration, and releases the lease of one whose agent is away', async (t) => {
    const broker = await runOperatedBroker(t, ...(await adminToken(t)));
    const blog = await register(t, broker.controlPort, 'blog');
    const wiki = await register(t, broker.controlPort, 'wiki');
    const page = await openStatusPage(t, browser, broker.url);
    await enterToken(page);

    await rowOf(page, 'blog').getByRole('button', { name: 'End blog…' }).click();
    await page.getByRole('dialog', { name: 'End blog?' }).waitFor();
    await page.getByRole('button', { name: 'End registration' }).click();
    await rowOf(page, 'blog').waitFor({ state: 'detached' });
    await blog.ended;

    wiki.socket.destroy();
    await rowOf(page, 'wiki')
      .getByText(/^Held \d+ s left$/)
      .waitFor();
    await rowOf(page, 'wiki').getByRole('button', { name: 'Release wiki…' }).click();
    await page.getByRole('button', { name: 'Release', exact: true }).click();
    await page.getByText('Nothing is registered yet.').waitFor();
  });

  test('a question that is put aside while it is acted on leaves the next one alone', async (t) => {
    const broker = await runOperatedBroker(t, ...(await adminToken(t)));
    for (const name of ['blog', 'wiki']) await register(t, broker.controlPort, name);
    const page = await openStatusPage(t, browser, broker.url);
    await enterToken(page);
    const asked = new Promise<Route>((resolve) => {
      void page.route('**/api/v1/registrations/*', resolve);
    });

    await page.getByRole('button', { name: 'End blog…' }).click();
    await page.getByRole('button', { name: 'End registration' }).click();
    const request = await asked;
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'End wiki…' }).click();
    const next = page.getByRole('dialog', { name: 'End wiki?' });
    await next.getByRole('button', { name: 'End registration', disabled: false }).waitFor();
    await request.continue();
    await page.getByText('blog was ended.').waitFor();
    assert.ok(await next.isVisible());
  });

  test('drains the broker, which lets its connections finish', async (t) => {
    const broker = await runOperatedBroker(t, ...(await adminToken(t)));
    const service = await serve(t, (socket) => socket.pipe(socket));
    const agent = runJsonAgent(t, service.port, broker.controlPort);
    const arrived = once(service, 'connection');
    const client = await connectTo(t, await agent.port());
    await arrived;
    const page = await openStatusPage(t, browser, broker.url);
    await enterToken(page);
    await page.getByRole('button', { name: 'Drain…' }).click();
    await page.getByRole('button', { name: 'Drain', exact: true }).click();
    await page.getByText('The broker is draining.').waitFor();
    await page.getByRole('button', { name: 'Drain…', disabled: true }).waitFor();
    client.end();
    client.resume();
    assert.equal(await broker.exited, 0);
    await page.getByText('It was draining, and may have ended.').waitFor();
    assert.equal(await page.locator('.grave').count(), 0, 'nothing to be alarmed at');
  });

  test('asks for the token, again when it is wrong, and keeps it no longer than the tab', async (t) => {
    const broker = await runOperatedBroker(t, ...(await adminToken(t)));
    const page = await openStatusPage(t, browser, broker.url);
    await page.keyboard.press('Escape');
    await enterToken(page, 'a-guess');
    await page.getByText('The broker does not take this token.').waitFor();
    await enterToken(page, 'a–guess–with–dashes–that–no–header–can–hold');
    await page.reload();
    await page.getByText('The broker does not take this token.').waitFor();
    await enterToken(page);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.reload();
    await page.getByText('Live', { exact: true }).waitFor();
    const kept = await page.evaluate<string[]>('[JSON.stringify(localStorage), document.cookie]');
    assert.deepEqual(kept, ['{}', '']);
    const other = await openStatusPage(t, browser, broker.url);
    await other.getByRole('dialog', { name: 'Token needed' }).waitFor();
    assert.ok(!(await page.content()).includes(ADMIN_TOKEN));
  });

  test('only looks where the broker has no token, and says why', async (t) => {
    const broker = await runOperatedBroker(t);
    await register(t, broker.controlPort, 'blog');
    const page = await openStatusPage(t, browser, broker.url);
    await page.getByText('start the broker with --admin-token-file').waitFor();
    assert.ok(await page.getByRole('button', { name: 'End blog…' }).isDisabled());
    assert.ok(await page.getByRole('button', { name: 'Drain…' }).isDisabled());
  });

  test('is sorted, filtered, opened and copied from by keyboard, and keeps all that while it is updated', async (t) => {
    const broker = await runOperatedBroker(t);
    const names = ['blog', 'wiki', 'git'];
    for (const name of names) await register(t, broker.controlPort, name);
    const page = await openStatusPage(t, browser, broker.url, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await rowOf(page, 'git').waitFor();
    const shown = () => page.getByRole('button', { expanded: false }).allInnerTexts();
    assert.deepEqual(await shown(), ['blog', 'git', 'wiki']);

    await tabTo(page, 'Name');
    await page.keyboard.press('Enter');
    assert.deepEqual(await shown(), ['wiki', 'git', 'blog']);
    const head = page.getByRole('columnheader', { name: 'Name' });
    assert.equal(await head.getAttribute('aria-sort'), 'descending');

    await tabTo(page, 'Filter registrations');
    await page.keyboard.type('G');
    await page.getByText('2 of 3').waitFor();
    assert.deepEqual(await shown(), ['git', 'blog']);

    await tabTo(page, 'Copy the address of git');
    await page.keyboard.press('Space');
    await page.getByText('Copied', { exact: true }).waitFor();
    const copied = await page.evaluate<string>('navigator.clipboard.readText()');
    assert.equal(copied, await rowOf(page, 'git').getByRole('code').innerText());

    const opener = page.getByRole('button', { name: 'blog', exact: true });
    await tabTo(page, 'blog');
    await page.keyboard.press('Space');
    assert.equal(await opener.getAttribute('aria-expanded'), 'true');
    // Two updates: one with this registration, and the one after.
    await register(t, broker.controlPort, 'gallery');
    await rowOf(page, 'gallery').waitFor();
    await focused(opener);
    assert.equal(await opener.getAttribute('aria-expanded'), 'true');
    assert.deepEqual(await shown(), ['git', 'gallery']);
  });

  test('fits a phone, in the dark as well, with a row open', async (t) => {
    const broker = await runOperatedBroker(t);
    await register(t, broker.controlPort, 'blog');
    const page = await openStatusPage(t, browser, broker.url, {
      viewport: { width: 320, height: 640 },
      colorScheme: 'dark',
    });
    await page.getByRole('button', { name: 'blog', exact: true }).click();
    await page.getByText('No connections at the moment').waitFor();
    await assertFits(page, [320, 600, 601, 1220, 1221]);
    const colour = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const dark = await colour();
    await page.emulateMedia({ colorScheme: 'light' });
    assert.notEqual(await colour(), dark);
  });

  test('says when the broker is gone, and goes on with its successor', async (t) => {
    const admin = ['--admin', String(await freePorts(1))];
    const broker = await runOperatedBroker(t, ...admin);
    const page = await openStatusPage(t, browser, broker.url);
    await page.getByText('Nothing is registered yet.').waitFor();
    broker.signal('SIGKILL');
    await page.getByText('No connection to the broker since').waitFor();
    const next = await runOperatedBroker(t, ...admin);
    await page.getByText('The broker was restarted at').waitFor();
    await page.getByText(`--to 127.0.0.1:${next.controlPort}`).waitFor();
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await page.getByText('The broker was restarted at').waitFor({ state: 'detached' });
  });
});

async function register(t: TestContext, port: number, name: string): Promise<ExtendedAgent> {
  const { agent } = await registerAgent(t, port, { name });
  return agent;
}

function rowOf(page: Page, name: string): Locator {
  return page.getByRole('row').filter({ has: page.getByRole('button', { name, exact: true }) });
}

/** Waits until it has the keyboard. */
async function focused(element: Locator): Promise<void> {
  await element.and(element.page().locator(':focus')).waitFor();
}
