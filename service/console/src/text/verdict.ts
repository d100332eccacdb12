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

/** What else than endpoints may need somebody. */
export interface Beside {
  /** Places that events are taken from, and that cannot be read. */
  failingSources: number;
  /** Brokers that take nothing although endpoints name them. */
  brokersAway: number;
}

const nothingBeside: Beside = { failingSources: 0, brokersAway: 0 };

function states({ endpoints, deadLetters }: Facts, { failingSources, brokersAway }: Beside): string {
  const parts = [
    endpoints.open > 0 && `${endpoints.open} with an open breaker`,
    endpoints.failing > 0 && `${endpoints.failing} failing`,
    endpoints.paused > 0 && `${endpoints.paused} paused`,
    failingSources > 0 && `${counted(failingSources, 'source')} failing`,
    brokersAway > 0 && `${counted(brokersAway, 'broker')} not taking messages`,
    deadLetters > 0 && counted(deadLetters, 'dead letter'),
  ].filter((part) => part !== false);
  return parts.join(', ');
}

/** "2 endpoints, 1 source and 1 broker need you". */
function needs(endpoints: number, { failingSources, brokersAway }: Beside): string {
  const who = [
    endpoints > 0 && counted(endpoints, 'endpoint'),
    failingSources > 0 && counted(failingSources, 'source'),
    brokersAway > 0 && counted(brokersAway, 'broker'),
  ].filter((part) => part !== false);
  const last = who.pop();
  const all = who.length > 0 ? `${who.join(', ')} and ${last}` : last;
  return `${all} ${endpoints + failingSources + brokersAway === 1 ? 'needs' : 'need'} you`;
}

export function verdict(facts: Facts, beside = nothingBeside): Verdict {
  const { endpoints, attentionTotal } = facts;
  if (endpoints.total === 0) {
    return { mood: 'empty', sentence: 'Nobody is told yet', detail: 'Register the first endpoint, and it is told of every change it asks for.' };
  }
  if (attentionTotal + beside.failingSources + beside.brokersAway > 0) {
    return { mood: 'bad', sentence: needs(attentionTotal, beside), detail: states(facts, beside) };
  }
  if (facts.oldestDueAgeMs > behindMs) {
    return {
      mood: 'behind',
      sentence: 'Deliveries are behind',
      detail: `The oldest that is due has waited for ${measured(facts.oldestDueAgeMs)}; ${counted(facts.queueDepth, 'message')} in the queues.`,
    };
  }
  const healthy = endpoints.total === 1 ? 'The endpoint is' : `All ${counted(endpoints.total, 'endpoint')} are`;
  const detail = endpoints.paused > 0 ? states(facts, nothingBeside) : `${healthy} healthy.`;
  return { mood: 'good', sentence: 'All well', detail };
}
