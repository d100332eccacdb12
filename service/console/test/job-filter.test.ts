import { test } from 'node:test';
import assert from 'node:assert/strict';
import { narrowings } from '../src/text/job-filter';

test('a job of everything says so', () => {
  assert.deepEqual(narrowings('purge', {}), ['all dead letters']);
  assert.deepEqual(narrowings('retry', { superseded: false }), ['all dead letters']);
});

test('a group is told by its cause', () => {
  assert.deepEqual(narrowings('retry', { endpointId: 'ep_1', reason: 'exhausted', status: 503 }), ['attempts used up', 'status 503']);
  assert.deepEqual(narrowings('retry', { endpointId: 'ep_1', reason: 'exhausted', failure: 'timeout' }), ['attempts used up', 'failed by timeout']);
});

test('letters that were chosen one by one are counted', () => {
  assert.deepEqual(narrowings('purge', { idCount: 3, itemId: '12', superseded: true }), ['3 chosen letters', 'item 12', 'superseded only']);
});

test('a replay of an endpoint needs no more words than the endpoint', () => {
  assert.deepEqual(narrowings('replay', { endpointId: 'ep_1', changeTypes: 1, since: '2026-11-20T08:00:00Z' }), []);
  assert.deepEqual(narrowings('retry', { endpointId: 'ep_1' }), []);
});
