import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { operations } from '#x';
import { serve } from '../../src/wiring/serve.ts';
import { testWorld } from '../world.ts';
import { noBrowser, openBrowser } from './browser.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Where set, each page's picture is put there, for a look at it. */
const PICTURES = process.env.PARLEY_PICTURES;

const WIDTHS = [1280, 360];
const SCHEMES = ['light', 'dark'] as const;

async function address(t: TestContext): Promise<string> {
  const running = await serve(await testWorld(t));
  t.after(() => running.close());
  return running.address;
}

/** What axe finds wrong. Its script is put in by the browser's protocol, which the page's policy does not concern. */
async function faults(page: Page): Promise<unknown[]> {
  await page.evaluate(AXE);
  const found = (await page.evaluate('axe.run()')) as {
    violations: { id: string; nodes: { html: string }[] }[];
  };
  return found.violations.map(({ id, nodes }) => [id, nodes.length, nodes[0]?.html.slice(0, 200)]);
}

test('the pages at / and /docs can be used by everybody, narrow and wide, in light and dark', {
  skip: noBrowser,
}, async (t) => {
  const base = await address(t);
  for (const width of WIDTHS) {
    for (const colorScheme of SCHEMES) {
      const viewport = { width, height: 800 };
      const options = { javaScriptEnabled: true, viewport, colorScheme, bypassCSP: true };
      for (const locale of ['en-GB', 'id-ID']) {
        const page = await openBrowser(t, Number(new URL(base).port), { ...options, locale });
        for (const path of locale === 'en-GB' ? ['/', '/docs'] : ['/']) {
          const where = `${path} at ${width} in ${colorScheme}, ${locale}`;
          await page.goto(`${base}${path}`);
          assert.equal(await page.evaluate('document.documentElement.lang'), locale.slice(0, 2), where);
          assert.ok(
            ((await page.evaluate('document.documentElement.scrollWidth')) as number) <= width,
            `${where} scrolls sideways`,
          );
          assert.deepEqual(await faults(page), [], where);
          if (PICTURES) {
            const name = `${path === '/' ? 'home' : 'docs'}-${width}-${colorScheme}-${locale.slice(0, 2)}.png`;
            await page.screenshot({ path: join(PICTURES, name) });
          }
        }
        await page.context().browser()?.close();
      }
    }
  }
});

test('under its own policy the reference is searched by keyboard alone, and breaks no rule of it', {
  skip: noBrowser,
}, async (t) => {
  const base = await address(t);
  const page = await openBrowser(t, Number(new URL(base).port), { javaScriptEnabled: true });
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`${base}/docs`);
  const visible = () => page.locator('.op:visible').count();
  assert.equal(await visible(), operations.length);
  await page.keyboard.press('/');
  await page.keyboard.type('bookmark delete');
  assert.equal(await page.locator('#deleteUsersBookmark').isVisible(), true);
  assert.equal(await page.locator('#getPostsById').isVisible(), false);
  assert.match((await page.locator('#found').textContent()) ?? '', /^\d+ found$/);
  await page.keyboard.press('Escape');
  assert.equal(await visible(), operations.length);
  // What is no operation is found too, and groups that have nothing of it are gone with their headings.
  for (const [words, place] of [
    ['parley-dry-run', '#request-headers tr'],
    ['x-request-id', '#answer-headers tr'],
    ['429', '#statuses tr'],
    ['min_likes', '#query-operators tr'],
    ['oauth 1.0a pkce', '#first-request'],
    ['agent createconnection', '#clients'],
    ['note_tweet', '#shapes section'],
  ] as const) {
    await page.locator('#search').fill(words);
    assert.notEqual(await page.locator('#found').textContent(), 'nothing found', words);
    assert.ok((await page.locator(`${place}:visible`).count()) > 0, words);
    const headings = await page.locator('main h2:visible').allTextContents();
    assert.ok(headings.length < 8, `${words}: ${headings.join(', ')}`);
  }
  await page.locator('#search').fill('bookmark delete');
  for (const place of ['main', 'nav'])
    assert.deepEqual(await page.locator(`${place} h2:visible`).allTextContents(), ['Posts'], place);
  await page.keyboard.press('Escape');
  await page.keyboard.type('zzzzz');
  assert.equal(await page.locator('#found').textContent(), 'nothing found');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.origin').first().textContent(), base);

  await page.locator('#show-tweepy').focus();
  await page.keyboard.press('Space');
  const shown = page.locator('#getPostsById .ex:visible');
  assert.deepEqual(
    [await shown.count(), await shown.textContent()],
    [1, "client.get_tweet('1460323737035677698')"],
  );
  await page.locator('nav a[href="#query-operators"]').press('Enter');
  assert.equal(new URL(page.url()).hash, '#query-operators');
  assert.deepEqual(complaints, []);
  // The icon is the browser's own wish.
  assert.deepEqual(
    asked.filter((url) => !url.endsWith('/favicon.ico')),
    [`${base}/docs`],
  );
});
