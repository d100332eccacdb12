// What axe-core finds wrong with a page, in light and in dark, at a desk and on a phone.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { waitFor } from './wait.mjs';

const axe = createRequire(import.meta.url)('axe-core').source;
const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Rules about colours: all that another theme can break on the same page. */
const ofColours = ['color-contrast', 'link-in-text-block'];
const widths = [360, 390, 1280, 2560];
const phone = 390;
export const desk = 1280;

/** A short line for each element that breaks a rule. */
async function violations(page, runOnly = { type: 'tag', values: levels }) {
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(axe);
  const found = await page.evaluate((options) => window.axe.run(document, options), { runOnly, resultTypes: ['violations'] });
  assert.ok(found.passes.length > 0, 'axe has looked at something');
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary.replaceAll(/\s+/g, ' ')}`));
}

export async function emulate(page, colorScheme) {
  await page.emulateMedia({ colorScheme });
  await waitFor(`the page is ${colorScheme}`, async () => await page.evaluate(() => document.documentElement.dataset.theme) === colorScheme);
}

/** What is wrong with the page as it is now: at a desk in light and in dark, on a phone in dark, and in its width. */
export async function wrongWith(page) {
  const wrong = [];
  const note = (where, list) => wrong.push(...list.map((what) => `${where}: ${what}`));
  note('light', await violations(page));
  await emulate(page, 'dark');
  note('dark', await violations(page, { type: 'rule', values: ofColours }));
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    // Charts take their new width one frame after the page has it.
    await page.waitForFunction((most) => document.documentElement.scrollWidth <= most, width, { timeout: 3000 }).catch(() => {});
    const needed = await page.evaluate(() => document.documentElement.scrollWidth);
    if (needed > width) wrong.push(`it needs ${needed} pixels where there are ${width}`);
    if (width === phone) note('dark, on a phone', await violations(page));
  }
  await page.setViewportSize({ width: desk, height: 900 });
  await emulate(page, 'light');
  return wrong;
}
