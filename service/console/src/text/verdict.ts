// The overview in one line: is anything stuck, and how much of it is mine to mend.
import type { Overview } from '../api/fleet-types';
import { counted } from './numbers';
import { measured } from './relative';

export type Mood = 'empty' | 'good' | 'behind' | 'bad';

export interface Verdict {
  mood: Mood;
  sentence: string;
  detail: string;
}

/** Beyond this, what is due and not being sent is worth a word even when no endpoint complains. */
const behindMs = 30_000;

type Facts = Pick<Overview, 'endpoints' | 'attentionTotal' | 'oldestDueAgeMs' | 'queueDepth' | 'deadLetters'>;

function states({ endpoints, deadLetters }: Facts, failingSources: number): string {
  const parts = [
    endpoints.open > 0 && `${endpoints.open} with an open breaker`,
    endpoints.failing > 0 && `${endpoints.failing} failing`,
    endpoints.paused > 0 && `${endpoints.paused} paused`,
    failingSources > 0 && `${counted(failingSources, 'source')} failing`,
    deadLetters > 0 && counted(deadLetters, 'dead letter'),
  ].filter((part) => part !== false);
  return parts.join(', ');
}

/** "2 endpoints and 1 source need you". */
function needs(endpoints: number, sources: number): string {
  const who = [endpoints > 0 && counted(endpoints, 'endpoint'), sources > 0 && counted(sources, 'source')].filter(Boolean).join(' and ');
  return `${who} ${endpoints + sources === 1 ? 'needs' : 'need'} you`;
}

/** `failingSources`: how many of the places that events are taken from cannot be read. */
export function verdict(facts: Facts, failingSources = 0): Verdict {
  const { endpoints, attentionTotal } = facts;
  if (endpoints.total === 0) {
    return { mood: 'empty', sentence: 'Nobody is told yet', detail: 'Register the first endpoint, and it is told of every change it asks for.' };
  }
  if (attentionTotal + failingSources > 0) {
    return { mood: 'bad', sentence: needs(attentionTotal, failingSources), detail: states(facts, failingSources) };
  }
  if (facts.oldestDueAgeMs > behindMs) {
    return {
      mood: 'behind',
      sentence: 'Deliveries are behind',
      detail: `The oldest that is due has waited for ${measured(facts.oldestDueAgeMs)}; ${counted(facts.queueDepth, 'message')} in the queues.`,
    };
  }
  const healthy = endpoints.total === 1 ? 'The endpoint is' : `All ${counted(endpoints.total, 'endpoint')} are`;
  const detail = endpoints.paused > 0 ? states(facts, 0) : `${healthy} healthy.`;
  return { mood: 'good', sentence: 'All well', detail };
}
