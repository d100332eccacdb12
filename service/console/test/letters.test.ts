import { test } from 'node:test';
import assert from 'node:assert/strict';
import { bulkFilter, groupQuery, orderOf } from '../src/text/letters';

test('superseded letters are left out unless they are asked for', () => {
  assert.equal(groupQuery({})['superseded'], false);
  assert.equal(groupQuery({ superseded: 'true' })['superseded'], true);
  assert.equal(groupQuery({ superseded: 'all' })['superseded'], undefined);
});

test('a bulk filter has numbers where the API wants numbers, and nothing that is not set', () => {
  assert.deepEqual(bulkFilter({ changeType: '4', status: '503', itemId: '12', superseded: 'all', reason: '' }), { changeType: 4, status: 503, itemId: '12' });
});

test('all letters need the word all', () => {
  assert.deepEqual(orderOf('retry', { query: { superseded: 'all' } }), { action: 'retry', all: true });
  assert.deepEqual(orderOf('retry', { query: {} }), { action: 'retry', superseded: false });
});

test('purging takes superseded ones only where they are shown', () => {
  assert.deepEqual(orderOf('purge', { query: {} }), { action: 'purge', superseded: false });
  assert.deepEqual(orderOf('purge', { query: { superseded: 'all' } }), { action: 'purge', all: true, includeSuperseded: true });
});

test('a group keeps what the page is narrowed to', () => {
  assert.deepEqual(orderOf('retry', { group: 'k', query: { changeType: '1', itemId: '5' } }), { action: 'retry', group: 'k', changeType: 1, superseded: false });
});
