// Swagger UI in a real browser: it renders without any other host, and a call made from it answers.
import assert from 'node:assert/strict';
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { defer, suite, temporaryDirectory } from './support/cleanup.mjs';
import { startLull } from './support/lull.mjs';

const artifacts = join(dirname(fileURLToPath(import.meta.url)), 'artifacts');
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

suite('api-docs in a browser', () => {
  let context;
  before(async () => {
    mkdirSync(artifacts, { recursive: true });
    context = await chromium.launchPersistentContext(temporaryDirectory('browser'), {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: flags, viewport: { width: 1280, height: 1600 } });
    defer(() => context.close());
  });

  for (const pathBase of ['', '/integration/lull']) {
    it(`executes a call ${pathBase === '' ? 'at the root' : `under ${pathBase}`}`, async () => {
      const lull = await startLull({ pathBase });
      const page = await context.newPage();
      const elsewhere = [];
      const problems = [];
      page.on('request', (request) => { if (!request.url().startsWith(lull.origin) && !request.url().startsWith('data:')) elsewhere.push(request.url()); });
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('console', (message) => { if (message.type() === 'error') problems.push(message.text()); });

      await page.goto(`${lull.origin}${pathBase}/api-docs`);
      const operation = page.locator('.opblock-get', { has: page.locator('[data-path$="/change-types"]') });
      await operation.locator('.opblock-summary-control, .opblock-summary').first().click({ timeout: 20_000 });
      await operation.getByRole('button', { name: 'Try it out' }).click();
      const answered = page.waitForResponse((response) => response.url() === `${lull.origin}${pathBase}/api/v1/change-types`);
      await operation.getByRole('button', { name: 'Execute' }).click();
      assert.equal((await answered).status(), 200);
      await operation.locator('.live-responses-table tbody .response-col_status', { hasText: '200' }).waitFor();
      await operation.locator('.live-responses-table', { hasText: 'AssetExternalProccessingFinished' }).waitFor();

      const picture = join(artifacts, `api-docs${pathBase.replaceAll('/', '-')}.png`);
      await page.screenshot({ path: picture });
      assert.ok(statSync(picture).size > 20_000);
      assert.deepEqual(elsewhere, [], 'everything comes from the service itself');
      assert.deepEqual(problems, []);
      await page.close();
    });
  }
});
