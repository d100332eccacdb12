import { test } from 'node:test';
import assert from 'node:assert/strict';
import { ago, measured, soon, span, tickOf } from '../src/text/relative';
import { clockOffset } from '../src/text/clock';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

test('a span has one unit below an hour and at most two above', () => {
  assert.deepEqual([0, 59_999, minute, 59 * minute, hour, 2 * hour + 10 * minute, day, 4 * day + 3 * hour].map(span),
    ['0 s', '59 s', '1 min', '59 min', '1 h', '2 h 10 min', '1 d', '4 d 3 h']);
});

test('values at an axis differ where they stand for different times', () => {
  assert.deepEqual([0, 0.5, 150, 1500, 59_000, 90_000, 150_000].map(tickOf), ['0 ms', '0.5 ms', '150 ms', '1.5 s', '59 s', '1.5 min', '2.5 min']);
});

test('what has just been is not counted in seconds', () => {
  assert.equal(ago(1000, 1000), 'just now');
  assert.equal(ago(1000, 2999), 'just now');
  assert.equal(ago(1000, 3000), '2 s ago');
});

test('what a clock of another machine puts into the future is told as such', () => {
  assert.equal(ago(10_000, 1000), 'in 9 s');
});

test('a countdown does not stand at zero while there is time left', () => {
  assert.equal(soon(1001, 1000), 'in 1 s');
  assert.equal(soon(3000, 1000), 'in 2 s');
  assert.equal(soon(1000, 1000), 'now');
  assert.equal(soon(1000 + 90 * minute, 1000), 'in 1 h 30 min');
});

test('a measured duration is as exact as it is short', () => {
  assert.deepEqual([0, 999, 1234, 65_000].map(measured), ['0 ms', '999 ms', '1.2 s', '1 min']);
});

test('the service’s clock counts, unless the difference is less than its header can tell', () => {
  const header = 'Sat, 28 Nov 2026 08:43:16 GMT';
  const server = Date.parse(header);
  assert.equal(clockOffset(header, server + 100, server + 400), 0);
  assert.equal(clockOffset(header, server - 60_000, server - 59_900), 59_900);
  assert.equal(clockOffset(header, server + 61_000, server + 61_100), -60_000);
  assert.equal(clockOffset(null, 0, 0), null);
});
