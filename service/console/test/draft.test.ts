import { test } from 'node:test';
import assert from 'node:assert/strict';
import { creationOf, emptyDraft, patchOf, type Draft } from '../src/text/draft';

const draft: Draft = {
  ...emptyDraft, name: 'Shop', url: 'https://shop.example.org/', changeTypes: 3, operations: ['create'],
  headers: [{ name: 'X-A', value: '***', stored: true }, { name: 'X-B', value: '***', stored: true }],
};

test('a new endpoint says only what was chosen', () => {
  assert.deepEqual(creationOf({ ...emptyDraft, name: ' Shop ', url: 'https://a/', changeTypes: 1, timeout: '7.5' }), {
    name: 'Shop', url: 'https://a/', changeTypes: 1, headers: {}, enabled: true, timeout: '00:00:07.500',
    delivery: 'debounced', order: 'item', onFailure: 'skip', results: 'status',
  });
});

test('a patch holds what was changed and nothing else', () => {
  assert.deepEqual(patchOf(draft, { ...draft, name: 'Store' }), { name: 'Store' });
  assert.deepEqual(patchOf(draft, draft), {});
});

test('a header that was taken away is null, an untouched one is not sent', () => {
  const headers = [{ name: 'X-B', value: 'new', stored: true }];
  assert.deepEqual(patchOf(draft, { ...draft, headers }), { headers: { 'X-A': null, 'X-B': 'new' } });
});

test('parts of the filter come and go one by one, and an empty filter is none', () => {
  assert.deepEqual(patchOf(draft, { ...draft, operations: [], fields: 'title, status,' }), { filter: { operations: null, fields: ['title', 'status'] } });
  assert.deepEqual(patchOf(draft, { ...draft, operations: [] }), { filter: null });
});

test('what the way of delivery rules out goes back to its default', () => {
  const ordered: Draft = { ...draft, delivery: 'every', order: 'endpoint', onFailure: 'stop', results: 'body' };
  assert.deepEqual(patchOf(ordered, { ...ordered, order: 'item' }), { order: 'item', onFailure: 'skip', results: 'status' });
});

test('a new format takes the place of the older way to choose one', () => {
  assert.deepEqual(patchOf(draft, { ...draft, format: 'CloudEvents' }), { format: 'CloudEvents', idField: null });
});
