import { test } from 'node:test';
import assert from 'node:assert/strict';
import { addressOf, subscriptionText } from '../src/text/mailbox';
import { why } from '../src/text/why';

test('a mailbox says what it holds where others have their address', () => {
  assert.equal(addressOf({ url: 'https://example.org/hook', channel: 'webhook' }), 'https://example.org/hook');
  assert.equal(addressOf({ channel: 'mailbox', mailbox: { locked: 0, oldestAgeMs: null, waiting: 0 } }), 'Mailbox');
  assert.equal(addressOf({ channel: 'mailbox', mailbox: { locked: 2, oldestAgeMs: 185_000, waiting: 1 } }), 'Mailbox · oldest message 3 min · 2 locked · 1 call waits');
  assert.equal(addressOf({ channel: 'mailbox', mailbox: { locked: 1200, oldestAgeMs: 0, waiting: 2 } }), 'Mailbox · oldest message 0 s · 1,200 locked · 2 calls wait');
  assert.equal(addressOf({ channel: 'mailbox' }), 'Mailbox', 'of a service that says no more');
  assert.equal(addressOf({ channel: 'rabbitmq' }), 'rabbitmq');
  assert.equal(addressOf({}), '');
});

test('a subscription is a topic and a scope', () => {
  assert.equal(subscriptionText({ topic: 'AssetChanged', scope: 'AA' }), 'AssetChanged of AA');
  assert.equal(subscriptionText({ topic: 'AssetChanged', scope: null }), 'AssetChanged of any scope');
});

test('a paused mailbox is explained by what its client sees, not by what would be sent', () => {
  for (const reason of ['operator', 'queue-full'] as const) {
    assert.match(why('paused', reason, 0, true)?.because ?? '', /client/);
    assert.doesNotMatch(why('paused', reason, 0)?.because ?? '', /client/);
  }
  assert.equal(why('healthy', null, 0, true), null);
  assert.deepEqual(why('paused', 'dead-letters-full', 0, true), why('paused', 'dead-letters-full', 0));
});
