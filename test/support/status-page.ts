import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { emptyFolder } from './folder.ts';
import { type RunningBroker, runBroker } from './program.ts';

export const ADMIN_TOKEN = 'a-token-of-the-operator';

/** A broker with an admin listener, where the status page is. */
export type OperatedProgram = RunningBroker & { url: string };

/** @param options - `--admin` among them, where its port matters */
export async function runOperatedBroker(
  t: TestContext,
  ...options: string[]
): Promise<OperatedProgram> {
  const admin = options.includes('--admin') ? [] : ['--admin', '0'];
  const broker = await runBroker(t, ...admin, ...options);
  const [, url = ''] = await broker.line(/Admin listener at (\S+)/);
  return Object.assign(broker, { url });
}

/** The option that makes {@link ADMIN_TOKEN} the token. */
export async function adminToken(t: TestContext): Promise<[string, string]> {
  const file = join(await emptyFolder(t), 'admin-token');
  await writeFile(file, ADMIN_TOKEN, { mode: 0o600 });
  return ['--admin-token-file', file];
}

export function startChromium(): Promise<Browser> {
  const executablePath = execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim();
  // Chromium's sandbox does not run as root.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}

/** What a browser says of answers that the page itself shows: the wrong token, no broker. */
const ANSWERS = /Failed to load resource: (the server responded with a status of 401|net::)/;

/**
 * The status page in a window of its own. The test fails if there is an error in the console, of which
 * violations of the Content-Security-Policy are some, or a request to anybody but the broker.
 */
export async function openStatusPage(
  t: TestContext,
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !ANSWERS.test(message.text())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) faults.push(`asked for ${request.url()}`);
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(faults, []);
  });
  await page.goto(url);
  return page;
}

/** Gives the page what it asks for. */
export async function enterToken(page: Page, token = ADMIN_TOKEN): Promise<void> {
  await page.getByRole('textbox', { name: 'Token' }).fill(token);
  await page.keyboard.press('Enter');
}

/** Presses the tabulator until what has a name like this has the keyboard. */
export async function tabTo(page: Page, name: string): Promise<void> {
  const at = '(document.activeElement.ariaLabel ?? document.activeElement.innerText).trim()';
  for (let presses = 0; presses < 50; presses += 1) {
    if ((await page.evaluate<string>(at)).startsWith(name)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${name} was not reached`);
}

/** Looks that nothing is wider than the window, at each of these widths. */
export async function assertFits(page: Page, widths: readonly number[]): Promise<void> {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 640 });
    const needed = await page.evaluate<number>('document.documentElement.scrollWidth');
    assert.equal(needed, width, 'no scrolling sideways');
  }
}
