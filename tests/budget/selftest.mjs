// The check of the test budget sees what it is for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, secondsBySuite } from './check.mjs';

const report = `<testsuite name="Linux-c++" tests="4">
	<testcase name="unit_net.Url.Parses" classname="unit_net.Url.Parses" time="0.5" status="run">
	<testcase name="unit_net.Url.Refuses" classname="unit_net.Url.Refuses" time="1.25" status="run">
	<testcase name="e2e.stop" classname="e2e.stop" time="20" status="run">
	<testcase name="architecture" classname="architecture" time="0.1" status="run"/>
</testsuite>`;
const shares = { total: 100, suites: { unit_net: 2, 'e2e.*': 30, 'e2e.stop': 25, architecture: 1 } };
const over = (rows) => rows.filter((row) => row.failed).map((row) => row.suite);

test('seconds are summed by suite, end-to-end files each alone', () => {
  assert.deepEqual(Object.fromEntries(secondsBySuite(report)), { unit_net: 1.75, 'e2e.stop': 20, architecture: 0.1 });
});

test('a run within its shares has nothing over', () => {
  assert.deepEqual(over(judge(secondsBySuite(report), 60, shares)), []);
});

test('a suite over its own share is named, whatever its family may take', () => {
  assert.deepEqual(over(judge(new Map([['e2e.stop', 26], ['e2e.auth', 29]]), 60, shares)), ['e2e.stop']);
});

test('overruns within one standstill of the machine fail nothing, together beyond it they all do', () => {
  const failed = (seconds) => judge(new Map(seconds), 60, { ...shares, stall: 10 }).filter((row) => row.failed).map((row) => row.suite);
  assert.deepEqual(failed([['e2e.stop', 30], ['unit_net', 7]]), []);
  assert.deepEqual(failed([['e2e.stop', 30], ['unit_net', 7.1]]), ['e2e.stop', 'unit_net']);
  assert.deepEqual(failed([['new_suite', 0.1]]), ['new_suite']);
});

test('a suite without a share and a run that takes too long are named', () => {
  assert.deepEqual(over(judge(new Map([['new_suite', 0.1]]), 101, shares)), ['new_suite', 'whole run']);
});

test('a report that cannot be read is no empty one', () => {
  assert.throws(() => secondsBySuite('<testcase name="x">'));
});
