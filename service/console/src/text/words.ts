// Words for what the API says in short: states, outcomes, reasons.
import type { Delivery, Health, JobAction, JobState, Order, Outcome, PausedReason, QueueState, Reason } from '../api/types';

/** `open` alone would sound well to those who know no circuit breakers. */
export const healthWords: Record<Health, string> = { healthy: 'healthy', failing: 'failing', open: 'breaker open', paused: 'paused' };

export const outcomeWords: Record<Outcome, string> = {
  delivered: 'delivered',
  retryable: 'failed',
  permanent: 'refused for good',
  gone: 'gone',
  refused: 'not allowed',
  released: 'not sent',
};

export const reasonWords: Record<Reason, string> = {
  exhausted: 'attempts used up',
  permanent: 'refused for good',
  expired: 'too old',
  poisoned: 'never finished',
};

export const pausedWords: Record<PausedReason, string> = {
  operator: 'by an operator',
  gone: 'receiver gone',
  egress: 'address not allowed',
  'dead-letters-full': 'dead letters full',
  'queue-full': 'queue full',
  blocked: 'blocked',
};

export const queueWords: Record<QueueState, string> = {
  waiting: 'waiting',
  retrying: 'retrying',
  inFlight: 'in flight',
  behind: 'behind',
  setAside: 'set aside',
};

export const deliveryWords: Record<Delivery, string> = {
  debounced: 'one message per lull and item',
  every: 'every event, unmerged',
  sync: 'called while the event is published',
};

export const orderWords: Record<Order, string> = {
  item: 'in order per item',
  endpoint: 'all in order, one at a time',
  none: 'in any order',
};

export const actionWords: Record<JobAction, string> = { retry: 'Retry', purge: 'Purge', replay: 'Replay' };

export const jobWords: Record<JobState, string> = { running: 'running', done: 'done', cancelled: 'cancelled', failed: 'failed' };
