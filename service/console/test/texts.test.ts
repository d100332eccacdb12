import { test } from 'node:test';
import assert from 'node:assert/strict';
import { basePath } from '../src/api/base';
import { retryAfterMs } from '../src/api/problem';
import { abilities } from '../src/state/abilities';
import { bars } from '../src/text/bars';
import { curlCall, curlPost } from '../src/text/curl';
import { appended } from '../src/text/history';
import { prettyJson } from '../src/text/json';
import { counted, percent } from '../src/text/numbers';
import { secondsOf, timespanOf } from '../src/text/timespan';

test('the API lies beside the page, below the same path base', () => {
  assert.equal(basePath('/console/'), '/');
  assert.equal(basePath('/lull/prod/console/'), '/lull/prod/');
});

test('a role may do what the contract says, and no more', () => {
  const of = (...roles: string[]) => abilities(roles.map((role) => `Integration_${role}`));
  assert.deepEqual(of('Endpoints_View'), { view: true, fleet: true, manage: false, mailboxes: false, flush: false, run: false });
  assert.deepEqual(of('Endpoints_CRUD'), { view: true, fleet: true, manage: true, mailboxes: true, flush: true, run: true });
  assert.deepEqual(of('Endpoints_Own'), { view: true, fleet: false, manage: true, mailboxes: false, flush: false, run: false });
  assert.deepEqual(of('Events_Receive'), { view: false, fleet: false, manage: false, mailboxes: true, flush: false, run: false });
  assert.equal(of('Events_Publish').view, false);
});

test('a line for the terminal survives quotes, and names a key only where one is needed', () => {
  assert.equal(curlPost('/events', { a: "it's" }, false, 'http://h/api/v1'),
    `curl -sS -X POST http://h/api/v1/events -H 'Content-Type: application/json' \\\n  -d '{"a":"it'\\''s"}'`);
  assert.match(curlPost('/events', {}, true, 'http://h'), /-H "Authorization: Bearer \$LULL_KEY"/);
  assert.equal(curlCall('GET', '/mailboxes/$ID/messages?wait=90', false, 'http://h'), 'curl -sS "http://h/mailboxes/$ID/messages?wait=90"');
  assert.equal(curlCall('PUT', '/a', true, 'http://h'), 'curl -sS -X PUT -H "Authorization: Bearer $LULL_KEY" "http://h/a"');
});

test('JSON is laid out without being read, so large numbers stay', () => {
  assert.equal(prettyJson('{"a":9007199254740993,"b":[],"c":["x, {y}\\""]}'), '{\n  "a": 9007199254740993,\n  "b": [],\n  "c": [\n    "x, {y}\\""\n  ]\n}');
});

test('a share is never called full while something is missing', () => {
  assert.deepEqual([percent(999, 1000), percent(1000, 1000), percent(1, 1000), percent(0, 5), percent(0, 0)], ['> 99 %', '100 %', '< 1 %', '0 %', '–']);
  assert.equal(counted(1, 'letter'), '1 letter');
  assert.equal(counted(0, 'letter'), '0 letters');
});

test('durations go to seconds and back', () => {
  for (const text of ['00:00:01', '00:02:00', '1.02:03:04', '00:00:07.500']) assert.equal(timespanOf(secondsOf(text) ?? NaN), text);
  assert.deepEqual([secondsOf('00:01'), secondsOf('1:00:00:02')], [60, 86_402]);
  assert.equal(secondsOf('soon'), null);
});

test('Retry-After is seconds or a date', () => {
  assert.equal(retryAfterMs('3', 0), 3000);
  assert.equal(retryAfterMs('Thu, 01 Jan 1970 00:00:10 GMT', 4000), 6000);
  assert.equal(retryAfterMs(null, 0), 0);
});

test('a day of steps becomes bars, and older ones are left out', () => {
  const now = Date.parse('2026-11-28T12:00:00Z');
  const list = bars([{ at: '2026-11-27T11:59:00Z', attempts: 9 }, { at: '2026-11-27T12:00:00Z', attempts: 2, failures: 1 }, { at: '2026-11-28T11:55:00Z', attempts: 3 }], now, 4);
  assert.deepEqual(list.map(({ attempts }) => attempts), [2, 0, 0, 3]);
  assert.equal(list[0]?.failures, 1);
});

test('a history that is read bit by bit has no step twice and none that is too old', () => {
  const at = (second: number) => ({ at: new Date(second * 1000).toISOString() });
  assert.deepEqual(appended([at(10), at(20)], [at(20), at(30)], 15_000), [at(20), at(30)]);
});
