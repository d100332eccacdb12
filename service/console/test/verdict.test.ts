import { test } from 'node:test';
import assert from 'node:assert/strict';
import { verdict } from '../src/text/verdict';

const calm = {
  endpoints: { total: 3, healthy: 3, failing: 0, open: 0, paused: 0 },
  attentionTotal: 0, oldestDueAgeMs: 0, queueDepth: 0, deadLetters: 0,
};

test('nothing to do is told as all well, with how many that is', () => {
  assert.deepEqual(verdict(calm), { mood: 'good', sentence: 'All well', detail: 'All 3 endpoints are healthy.' });
  const one = { ...calm, endpoints: { ...calm.endpoints, total: 1, healthy: 1 } };
  assert.equal(verdict(one).detail, 'The endpoint is healthy.');
});

test('one endpoint needs you, several need you', () => {
  assert.equal(verdict({ ...calm, attentionTotal: 1 }).sentence, '1 endpoint needs you');
  assert.equal(verdict({ ...calm, attentionTotal: 1200 }).sentence, '1,200 endpoints need you');
});

test('what they need you for is counted beneath, and only what there is', () => {
  const bad = { ...calm, attentionTotal: 2, deadLetters: 1, endpoints: { ...calm.endpoints, open: 1, failing: 1 } };
  assert.deepEqual(verdict(bad), { mood: 'bad', sentence: '2 endpoints need you', detail: '1 with an open breaker, 1 failing, 1 dead letter' });
});

test('a source that cannot be read needs you, too', () => {
  assert.deepEqual(verdict(calm, { failingSources: 1, brokersAway: 0 }), { mood: 'bad', sentence: '1 source needs you', detail: '1 source failing' });
  assert.equal(verdict({ ...calm, attentionTotal: 1 }, { failingSources: 2, brokersAway: 0 }).sentence, '1 endpoint and 2 sources need you');
  assert.equal(verdict({ ...calm, attentionTotal: 1 }, { failingSources: 1, brokersAway: 0 }).sentence, '1 endpoint and 1 source need you');
});

test('a broker that is away needs you, too', () => {
  assert.deepEqual(verdict(calm, { failingSources: 0, brokersAway: 1 }), { mood: 'bad', sentence: '1 broker needs you', detail: '1 broker not taking messages' });
  assert.equal(verdict(calm, { failingSources: 1, brokersAway: 1 }).sentence, '1 source and 1 broker need you');
  const all = verdict({ ...calm, attentionTotal: 2 }, { failingSources: 1, brokersAway: 3 });
  assert.equal(all.sentence, '2 endpoints, 1 source and 3 brokers need you');
});

test('an operator’s pause is no alarm, but it is told', () => {
  const paused = { ...calm, endpoints: { ...calm.endpoints, healthy: 2, paused: 1 } };
  assert.deepEqual(verdict(paused), { mood: 'good', sentence: 'All well', detail: '1 paused' });
});

test('deliveries that are long overdue are told although no endpoint complains', () => {
  assert.equal(verdict({ ...calm, oldestDueAgeMs: 29_000 }).mood, 'good');
  const late = verdict({ ...calm, oldestDueAgeMs: 125_000, queueDepth: 40 });
  assert.equal(late.sentence, 'Deliveries are behind');
  assert.match(late.detail, /waited for 2 min; 40 messages/);
});

test('without endpoints the first step is told', () => {
  assert.equal(verdict({ ...calm, endpoints: { total: 0, healthy: 0, failing: 0, open: 0, paused: 0 } }).mood, 'empty');
});
