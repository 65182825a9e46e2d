import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Where Debian puts it. */
const CHROMIUM = '/usr/bin/chromium';
/** A page that is not there by then will not come. */
const PATIENCE_MS = 10_000;
export const noBrowser = existsSync(CHROMIUM) ? false : 'chromium is not installed';

/**
 * A real browser, with scripts off unless said: no page here needs them. Whatever host it asks for, it meets the local port.
 * @param options of the browser's context: width, colours, languages.
 */
export async function openBrowser(
  t: Pick<TestContext, 'after'>,
  port: number,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', `--host-resolver-rules=MAP * 127.0.0.1:${port}`],
  });
  t.after(() => browser.close());
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    javaScriptEnabled: false,
    ...options,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  return context.newPage();
}

export async function signIn(page: Page, username: string, password: string): Promise<void> {
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** On the page that comes after a one-time password. */
export async function choosePassword(page: Page, password: string): Promise<void> {
  await page.getByLabel('The new one', { exact: true }).fill(password);
  await page.getByLabel('The new one again').fill(password);
  await page.getByRole('button', { name: 'Save' }).click();
}
