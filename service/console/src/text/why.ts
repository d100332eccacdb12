// Why an endpoint is in the state it is in, and what helps. The words of the README's table, where a person needs them.
import type { Health, PausedReason } from '../api/types';

export interface Why {
  because: string;
  helps: string;
}

const paused: Record<PausedReason, Why> = {
  operator: {
    because: 'Somebody paused it. Its queue is kept.',
    helps: 'Resume it when its receiver is ready.',
  },
  gone: {
    because: 'The receiver answered 410: it says that it is gone for good.',
    helps: 'Ask its owner. Then resume it, or delete it.',
  },
  egress: {
    because: 'Its address is one that Lull may not call.',
    helps: 'Allow the address (Egress settings) or correct the URL, then resume it.',
  },
  'dead-letters-full': {
    because: 'It has as many dead letters as it may have, and none is ever thrown away.',
    helps: 'Retry or purge its dead letters, then resume it.',
  },
  'queue-full': {
    because: 'Its queue is full. It misses what comes meanwhile.',
    helps: 'Mend its receiver or purge its queue, then resume it.',
  },
  blocked: {
    because: 'A message failed for good and stays at the head of the queue, so that nothing overtakes it.',
    helps: 'Mend the cause and press Synchronize; or purge that message and resume.',
  },
};

/** The same of a mailbox, whose client comes by itself. */
const closed: Partial<Record<PausedReason, Why>> = {
  operator: {
    because: 'Somebody paused it. What comes is kept, and its client is given nothing.',
    helps: 'Resume it, and the calls that wait are answered.',
  },
  'queue-full': {
    because: 'It is full. Its client is given what it holds, but it misses what comes meanwhile.',
    helps: 'See that its client takes and confirms messages, or purge it; then resume it.',
  },
};

export function why(health: Health, reason: PausedReason | null, failures: number, mailbox = false): Why | null {
  if (health === 'paused') return (mailbox && closed[reason ?? 'operator']) || paused[reason ?? 'operator'];
  const inARow = failures > 1 ? `${failures} attempts in a row failed` : 'The last attempt failed';
  if (health === 'open') {
    return {
      because: `${inARow}, so one message at a time is let through until the receiver shows that it lives.`,
      helps: 'It closes by itself on the first sign of life. Retry now tries at once.',
    };
  }
  if (health === 'failing') {
    return { because: `${inARow}.`, helps: 'It is tried again on its schedule. Its attempts below tell what came back.' };
  }
  return null;
}
