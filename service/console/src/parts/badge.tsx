// A state as a colour and a word: nobody has to tell colours apart.
import type { Health, Outcome, PausedReason, QueueState } from '../api/types';
import { healthWords, outcomeWords, pausedWords, queueWords } from '../text/words';

export type Tone = 'good' | 'warn' | 'bad' | 'quiet' | 'info';

export function Badge({ tone, children }: { tone: Tone; children: string }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

const healthTones: Record<Health, Tone> = { healthy: 'good', failing: 'warn', open: 'bad', paused: 'info' };

export function HealthBadge({ health, reason }: { health: Health; reason: PausedReason | null }) {
  const word = health === 'paused' && reason !== null ? `paused, ${pausedWords[reason]}` : healthWords[health];
  const tone = health === 'paused' && reason !== null && reason !== 'operator' ? 'bad' : healthTones[health];
  return <Badge tone={tone}>{word}</Badge>;
}

const outcomeTones: Record<Outcome, Tone> = {
  delivered: 'good', retryable: 'warn', permanent: 'bad', gone: 'bad', refused: 'bad', released: 'quiet',
};

/** With the word of an ordered receiver where it gave one other than OK. */
export function OutcomeBadge({ outcome, result }: { outcome: Outcome; result?: string | null }) {
  if (result === 'SkipNow') return <Badge tone="info">not now</Badge>;
  return <Badge tone={outcomeTones[outcome]}>{outcomeWords[outcome]}</Badge>;
}

const queueTones: Record<QueueState, Tone> = {
  waiting: 'quiet', retrying: 'warn', inFlight: 'info', behind: 'quiet', setAside: 'warn',
};

export function QueueBadge({ state }: { state: QueueState }) {
  return <Badge tone={queueTones[state]}>{queueWords[state]}</Badge>;
}
