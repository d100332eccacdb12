// What the console costs over a large fleet. Usage: tests/console/run.mjs [--minutes 30] [--letters 100000]; see tests/prove/console.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { suite } from '../e2e/support/cleanup.mjs';
import { openConsole, startBrowser } from '../e2e/support/console.mjs';
import { waitFor } from '../e2e/support/wait.mjs';
import { startFleet } from './fleet.mjs';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' }, letters: { type: 'string', default: '100000' } } });
const minutes = Number(values.minutes);
const consoles = 20;
const measuredMs = 60_000;
const eventsPerSecond = 10;
const rows = [];

/** `most` is what is asked for; without one the number is only told. */
function note(what, value, unit, most) {
  rows.push({ what, value, unit, most });
  const judged = most === undefined ? '' : `<= ${most} ${value <= most ? 'yes' : 'NO'}`;
  process.stdout.write(`${what.padEnd(72)} ${value.toFixed(2).padStart(10)} ${unit.padEnd(10)} ${judged}\n`);
}

const ticksPerSecond = 100; // sysconf(_SC_CLK_TCK) of every Linux
const secondsOf = (pid) => {
  const [utime, stime] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ').slice(11, 13);
  return (Number(utime) + Number(stime)) / ticksPerSecond;
};

/** The share of a core, in per cent, that service and Redis use together over a minute. */
async function shareOfCore({ child, redisPid }) {
  const spent = () => [child.pid, redisPid].map(secondsOf);
  const [before, began] = [spent(), performance.now()];
  await sleep(measuredMs);
  const seconds = (performance.now() - began) / 1000;
  const [service, redis] = spent().map((after, at) => ((after - before[at]) / seconds) * 100);
  return { service, redis, both: service + redis };
}

function noteShare(what, share) {
  note(`${what}: service`, share.service, '% of core');
  note(`${what}: its Redis`, share.redis, '% of core');
  note(`${what}: both`, share.both, '% of core');
}

/** Opens a page in a browser that has kept nothing, five times, and tells the worst. */
async function firstLook(browser, lull, place, whole) {
  const times = [];
  for (let round = 0; round < 5; round += 1) {
    const view = await openConsole(browser, lull, place);
    await whole(view).waitFor();
    times.push(await view.page.evaluate(() => [performance.getEntriesByName('first-contentful-paint')[0].startTime, performance.now()]));
    await view.close();
  }
  const worst = (at) => Math.max(...times.map((each) => each[at]));
  note(`#/${place}: first contentful paint, worst of 5`, worst(0), 'ms', 1_000);
  note(`#/${place}: until it tells what it has, worst of 5`, worst(1), 'ms');
}

/** What is still in use after a garbage collection. */
async function heapOf(cdp) {
  await cdp.send('HeapProfiler.collectGarbage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  const value = (name) => metrics.find((metric) => metric.name === name).value;
  return { heap: value('JSHeapUsedSize') / 2 ** 20, nodes: value('Nodes'), listeners: value('JSEventListeners') };
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Watches the memory of pages while events come; the first minute is theirs to warm up. */
async function memoryUnderLiveEvents(browser, fleet, places) {
  const watched = await Promise.all(places.map(async (place) => {
    const view = await openConsole(browser, fleet.lull, place);
    const cdp = await view.page.context().newCDPSession(view.page);
    await cdp.send('Performance.enable');
    return { place, view, cdp, samples: [] };
  }));
  const end = performance.now() + minutes * 60_000;
  const warm = performance.now() + Math.min(60_000, minutes * 15_000);
  for (let second = 1, began = performance.now(); performance.now() < end; second += 1) {
    await fleet.live(eventsPerSecond);
    if (second % 10 === 0 && performance.now() > warm) for (const page of watched) page.samples.push(await heapOf(page.cdp));
    await sleep(Math.max(0, began + second * 1_000 - performance.now()));
  }
  for (const { place, view, samples } of watched) {
    const third = Math.floor(samples.length / 3);
    const [first, last] = [samples.slice(0, third), samples.slice(-third)].map((part) => median(part.map(({ heap }) => heap)));
    note(`#/${place}: heap after a collection, first third`, first, 'MiB');
    note(`#/${place}: heap after a collection, last third`, last, 'MiB');
    note(`#/${place}: growth over ${minutes} min of ${eventsPerSecond * 10} deliveries/s`, last - first, 'MiB', 1);
    note(`#/${place}: nodes at the end, against those at first`, samples.at(-1).nodes - samples[0].nodes, 'nodes');
    await view.close();
  }
}

suite('the console over a large fleet', () => {
  it('is fast to come, cheap to keep open and does not grow', { timeout: (minutes + 60) * 60_000 }, async () => {
    const fleet = await startFleet(Number(values.letters));
    const { lull } = fleet;
    process.stdout.write(`${fleet.endpoints} endpoints, ${fleet.letters} letters in ${fleet.groups} groups\n`);
    const browser = await startBrowser(['--enable-precise-memory-info', '--js-flags=--expose-gc']);

    const index = await lull.outside('/console/');
    const parts = [...index.text.matchAll(/(?:src|href)="([^"#:]+)"/g)].map(([, link]) => `/console/${link}`);
    const texts = [index, ...await Promise.all(parts.map((path) => lull.outside(path)))].map(({ text }) => text);
    note('bundle, gzipped', texts.reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0) / 1024, 'KiB', 120);

    await firstLook(browser, lull, '', ({ page }) => page.getByRole('heading', { level: 1, name: /endpoints need you$/ }));
    await firstLook(browser, lull, 'dead-letters', ({ page }) => page.getByRole('row', { name: /^400 from Receiver/ }).nth(49));
    await firstLook(browser, lull, 'dead-letters?view=list', ({ page }) => page.getByRole('row', { name: /AssetChanged/ }).nth(49));
    await firstLook(browser, lull, 'endpoints', ({ page }) => page.getByRole('row', { name: /Receiver/ }).nth(49));

    const idle = await shareOfCore(lull);
    noteShare('nobody looks', idle);
    const open = await Promise.all(Array.from({ length: consoles }, () => openConsole(browser, lull)));
    await Promise.all(open.map(({ page }) => page.getByRole('heading', { level: 1, name: /need you$/ }).waitFor()));
    const asked = open.reduce((sum, { asked: calls }) => sum + calls.length, 0);
    const watched = await shareOfCore(lull);
    const calls = open.reduce((sum, view) => sum + view.asked.length, 0) - asked;
    noteShare(`${consoles} consoles show the overview`, watched);
    note(`${consoles} consoles cost, beside what is used when nobody looks`, watched.both - idle.both, '% of core', 5);
    note('their requests', calls / (measuredMs / 1000), 'per second');
    const mixed = ['endpoints', 'dead-letters', 'live', 'windows'];
    await Promise.all(open.map((view, at) => view.open(mixed[at % mixed.length])));
    const loading = () => Promise.all(open.map(({ page }) => page.getByText('Loading…').count()));
    await waitFor('they are shown', async () => (await loading()).every((count) => count === 0));
    const several = await shareOfCore(lull);
    noteShare(`${consoles} consoles show ${mixed.join(', ')}`, several);
    note(`${consoles} consoles cost, beside what is used when nobody looks`, several.both - idle.both, '% of core', 5);
    await Promise.all(open.map((view) => view.close()));

    await memoryUnderLiveEvents(browser, fleet, ['live', '']);
    assert.deepEqual(rows.filter(({ value, most }) => most !== undefined && !(value <= most)).map(({ what }) => what), [], 'what was asked for and is not so');
  });
});
