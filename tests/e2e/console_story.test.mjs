// The person on call and the integrator, in a real browser: an endpoint is registered and sees its first notification, its
// receiver breaks, and what that left is found by its cause, tried dry, retried, stopped in the middle and retried again.
// Two services are watched side by side, one of them below a path base.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { openConsole, startBrowser } from './support/console.mjs';
import { startLull } from './support/lull.mjs';
import { assetChanged, publish } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const letters = 40;
const broken = { status: 500, body: 'The database is down' };
const group = '500 from Warehouse';
const refusedInput = /status of 400 /;

/**
 * How high the drawing of a chart goes, as a share of its height. Only what has a colour counts, as lines and fills have:
 * axes and words are grey.
 */
const peak = (plot) => plot.locator('canvas').evaluate((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < data.length; at += 4) {
    const colours = [data[at], data[at + 1], data[at + 2]];
    if (data[at + 3] > 128 && Math.max(...colours) - Math.min(...colours) > 60) return 1 - Math.floor(at / 4 / canvas.width) / canvas.height;
  }
  return 0;
});

suite('the console, from the first endpoint to the last retried letter', () => {
  let stories;
  /** A step of the story, on both services at the same time. */
  const step = (name, body) => it(name, () => Promise.all(stories.map((story) => body(story))));

  before(async () => {
    const browser = await startBrowser();
    stories = await Promise.all(['', '/integration/lull'].map(async (pathBase) => {
      const sink = await startSink();
      const settings = { 'Delivery:CircuitBreaker:Failures': '0', 'Delivery:Retry:Schedule': '00:00:00.200' };
      const lull = await startLull({ pathBase, settings });
      const view = await openConsole(browser, lull);
      return { lull, sink, view, page: view.page };
    }));
  });

  step('an empty service teaches the first step', async ({ lull, view, page }) => {
    await view.heading('Nobody is told yet').waitFor();
    await page.getByText(`${lull.api.base}/endpoints`).waitFor();
    await page.getByRole('link', { name: 'Register an endpoint' }).click();
    await view.heading('Register an endpoint').waitFor();
  });

  step('what the service finds wrong stands at its field, and what was typed stays', async ({ sink, view, page }) => {
    await page.getByLabel('Name', { exact: true }).fill('Warehouse');
    await page.getByLabel('URL', { exact: true }).fill('warehouse');
    await page.getByRole('checkbox', { name: /^AssetChanged/ }).check();
    await page.getByRole('checkbox', { name: /^TreeValueChanged/ }).check();
    await view.button('Register').click();
    const url = page.getByLabel('URL', { exact: true });
    await waitFor('the field is marked and has the focus', () => url.evaluate((input) => input.ariaInvalid === 'true' && input === document.activeElement));
    const described = await url.evaluate((input) =>
      input.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).textContent).join(' '));
    assert.match(described, /absolute/i);
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Warehouse');
    await url.fill(`${sink.url}/hook`);
    await waitFor('the mark goes when the field is touched', () => url.evaluate((input) => input.ariaInvalid !== 'true'));
  });

  step('an endpoint is registered with checkboxes', async (story) => {
    const { lull, view, page } = story;
    await view.button('Register').click();
    await view.heading('Warehouse').waitFor();
    await page.getByRole('status').getByText('Warehouse is registered.').waitFor();
    const { items } = (await lull.get('/endpoints')).json;
    assert.deepEqual(items.map(({ name, changeTypes }) => ({ name, changeTypes })), [{ name: 'Warehouse', changeTypes: 5 }]);
    await page.getByText('It has not been told of anything yet.').first().waitFor();
  });

  step('the chart of nothing is flat', async (story) => {
    await story.view.follow('Overview');
    await story.view.heading('All well').waitFor();
    story.chart = story.page.getByRole('img', { name: /^Throughput/ });
    await story.chart.and(story.page.getByLabel(/0 notifications delivered/)).waitFor();
    assert.ok(await peak(story.chart) < 0.3);
  });

  step('events arrive, and the timeline of the endpoint has their attempts', async ({ lull, sink, view, page }) => {
    await publish(lull, [1, 2, 3].map((item) => assetChanged(item)));
    await sink.received(3, '/hook');
    await view.follow('Endpoints');
    await page.getByRole('link', { name: 'Warehouse' }).click();
    for (const item of [1, 2, 3]) {
      const attempt = page.getByRole('listitem').filter({ hasText: `AssetChanged ${item}` });
      await attempt.getByText('delivered', { exact: true }).waitFor();
      await attempt.getByText(/answered 200/).waitFor();
    }
    // The page is open when another one comes: nobody reloads it.
    await publish(lull, assetChanged(4));
    await page.getByRole('listitem').filter({ hasText: 'AssetChanged 4' }).getByText('delivered', { exact: true }).waitFor();
  });

  step('the chart moves while it is looked at', async (story) => {
    await story.view.follow('Overview');
    await story.chart.waitFor();
    await publish(story.lull, assetChanged(5));
    // A step of ten seconds has to end, and the page asks every ten seconds.
    await story.chart.and(story.page.getByLabel(/5 events accepted, 5 notifications delivered, 0 attempts failed/)).waitFor({ timeout: 35_000 });
    // The scale ends above the most that a step accepted. What it accepted may be delivered in two steps, half of it in each.
    await waitFor('it is drawn', async () => await peak(story.chart) > 0.45);
  });

  step('the receiver breaks, and the overview says whose and why', async ({ lull, sink, view, page }) => {
    sink.answer = () => broken;
    await publish(lull, Array.from({ length: letters }, (_, index) => assetChanged(100 + index)));
    await view.heading('1 endpoint needs you').waitFor();
    const row = view.row('Warehouse');
    await row.getByRole('link', { name: `${letters}`, exact: true }).waitFor();
    await row.getByRole('link', { name: `${letters}`, exact: true }).click();
    await view.heading('Dead letters').waitFor();
  });

  step('the letters are one group with its cause, and one of them tells what came back', async ({ view, page }) => {
    const row = view.row(group);
    await row.getByRole('cell', { name: `${letters}`, exact: true }).waitFor();
    await row.getByRole('cell', { name: 'not yet' }).waitFor();
    await row.getByRole('link', { name: group }).click();
    await page.getByRole('status').getByText(`${letters} letters`, { exact: true }).waitFor();
    await page.getByRole('link', { name: 'AssetChanged 117', exact: true }).click();
    const letter = view.dialog('AssetChanged 117');
    await letter.getByText('"ItemId": 117').waitFor();
    await letter.getByText('What it answered').first().click();
    await letter.getByText(broken.body).first().waitFor();
    await view.button('Close', letter).click();
    await page.getByRole('link', { name: 'What to mend' }).click();
  });

  /** How far a job is, as its bar says. */
  const progress = (dialog, name) => dialog.getByRole('progressbar', { name });

  /** Opens the retry of the group, which must be a dry run of `expected` letters that sends nothing. */
  async function tryDry({ lull, sink, view }, expected) {
    const sent = sink.requests.length;
    await view.button(`Retry ${group}…`).click();
    const dialog = view.dialog(`Retry ${group}`);
    await dialog.getByRole('status').getByText(`${expected} letters`, { exact: true }).waitFor();
    await dialog.getByText(/dry run.*nothing has been changed/i).waitFor();
    assert.equal((await lull.get('/dead-letters?limit=1&superseded=false')).json.total, expected);
    assert.equal(sink.requests.length, sent);
    return dialog;
  }

  step('a retry that comes too early fails again, and both job and group say so', async (story) => {
    const { view } = story;
    const dialog = await tryDry(story, letters);
    await view.button(`Retry ${letters} letters`, dialog).click();
    await progress(dialog, `${letters} of ${letters} retried, ${letters} letters failed again since.`).waitFor();
    await view.button('Close', dialog).click();
    await view.row(group).getByText(`${letters} failed again since`).waitFor();
  });

  step('once the receiver is mended, a slow job is cancelled in the middle', async (story) => {
    const { view, sink } = story;
    sink.answer = () => ({ status: 200 });
    const dialog = await tryDry(story, letters);
    await dialog.getByLabel('At most per second').fill('5');
    await view.button(`Retry ${letters} letters`, dialog).click();
    await progress(dialog, /^[1-9]\d? of 40 retried\.$/).waitFor();
    await dialog.getByRole('button', { name: /^Cancel the job/ }).click();
    await dialog.getByText('cancelled', { exact: true }).waitFor();
    story.moved = await progress(dialog, /retried\.$/).evaluate((bar) => bar.value);
    assert.ok(story.moved > 0 && story.moved < letters, `${story.moved}`);
    await dialog.getByText(`${story.moved} of ${letters} retried.`).waitFor();
    assert.equal(await dialog.getByRole('button', { name: /^Cancel the job/ }).count(), 0);
    await view.button('Close', dialog).click();
    await view.row(group).getByRole('cell', { name: `${letters - story.moved}`, exact: true }).waitFor();
  });

  step('again, and all are delivered', async (story) => {
    const { lull, sink, view, page, moved } = story;
    const left = letters - moved;
    const dialog = await tryDry(story, left);
    await view.button(`Retry ${left} letters`, dialog).click();
    await progress(dialog, `${left} of ${left} retried.`).waitFor();
    await dialog.getByText('done', { exact: true }).waitFor();
    await view.button('Close', dialog).click();
    // Superseded or gone: nothing is left that matters.
    await page.getByText(/^No dead letter/).waitFor();
    const arrived = new Set(sink.requests.filter(({ status }) => status === 200).map(({ body }) => JSON.parse(body).Data.ItemId));
    assert.deepEqual([...arrived].sort((a, b) => a - b), [1, 2, 3, 4, 5, ...Array.from({ length: letters }, (_, index) => 100 + index)]);
    assert.equal((await lull.get('/dead-letters?limit=1')).json.total, 0);
    await view.follow('Jobs');
    await waitFor('three jobs, newest first', async () => {
      const told = await page.getByRole('row').filter({ hasText: 'retried' }).allInnerTexts();
      return told.map((text) => /\b(done|cancelled)\b/.exec(text)?.[1]).join() === 'done,cancelled,done'
        && told.every((text) => text.includes('attempts used up'));
    });
    await view.follow('Overview');
    await view.heading('All well').waitFor();
  });

  step('with no error in the browser and no request to another host', async ({ view }) => {
    assert.ok(view.errors.some((text) => refusedInput.test(text)), 'the wrong address was refused');
    await view.close(refusedInput);
  });
});
