import { test } from 'node:test';
import assert from 'node:assert/strict';
import { endpointLink, linkTo, parseHash } from '../src/state/router';

test('every page has its address', () => {
  for (const page of ['endpoints', 'dead-letters', 'windows', 'items', 'jobs', 'live', 'settings']) {
    assert.equal(parseHash(`#/${page}`).page, page);
  }
  for (const hash of ['', '#', '#/', '#/?alerts=all']) assert.equal(parseHash(hash).page, 'overview');
});

test('an endpoint is named by its id, whatever stands in it', () => {
  assert.deepEqual(parseHash(endpointLink('ep_1', { outcome: 'permanent' })), { page: 'endpoint', id: 'ep_1', query: { outcome: 'permanent' } });
  assert.equal(parseHash(endpointLink('a/b ?')).id, 'a/b ?');
});

test('filters go there and back', () => {
  const query = { itemId: 'a&b=c #ä', reason: 'expired' };
  assert.deepEqual(parseHash(linkTo('dead-letters', query)).query, query);
});

test('a filter without a value does not stand in the address', () => {
  assert.equal(linkTo('items', { changeType: 0, itemId: '', other: undefined, none: null }), '#/items?changeType=0');
});

test('what is no page is told as such, and a broken escape breaks nothing', () => {
  for (const hash of ['#/nothing', '#/windows/3', '#/endpoints/a/b', '#/%E0%A4%A']) assert.equal(parseHash(hash).page, 'unknown');
});
