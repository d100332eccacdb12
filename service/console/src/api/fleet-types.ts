// The forms of replies that tell about the whole fleet, and of who is asking.
import type { Attempt, DeadLetter, Delivery, Health, Id, Operation, PausedReason, QueueItem, Window } from './types';

export interface Attention {
  endpointId: string;
  name: string;
  health: Health;
  pausedReason: PausedReason | null;
  queueDepth: number;
  deadLetters: number;
  lastError: string | null;
  lastSuccessAt: string | null;
  nextAttemptAt: string | null;
  groupsGrowing?: number | boolean;
}

export interface Alert {
  at: string;
  kind: string;
  subject: string;
  /** The subject's name, where the service tells it. */
  name?: string | null;
  sentence: string;
  count: number;
}

export interface Overview {
  at: string;
  endpoints: { total: number; healthy: number; failing: number; open: number; paused: number };
  windowsOpen: number | null;
  streamDepth: number | null;
  oldestDueAgeMs: number;
  queueDepth: number;
  inFlight: number;
  deadLetters: number;
  rates: { acceptedPerSecond: number; deliveredPerSecond: number; deadLetteredPerSecond: number } | null;
  attentionTotal: number;
  attention: Attention[];
  alerts: Alert[];
}

export interface LiveItem extends Omit<Attempt, 'responseExcerpt'> {
  endpointId: string;
  endpointName: string | null;
}

export interface Live {
  at: string;
  items: LiveItem[];
}

export interface HistoryStep {
  at: string;
  accepted?: number;
  coalesced?: number;
  delivered?: number;
  failed?: number;
  deadLettered?: number;
  lagP50Ms?: number | null;
  lagP99Ms?: number | null;
  oldestDueAgeMs?: number;
  queueDepth?: number;
  attempts?: number;
  failures?: number;
}

export interface History {
  step: string;
  items: HistoryStep[];
}

export interface EndpointStory {
  endpointId: string;
  waiting: QueueItem | null;
  inFlight: QueueItem | null;
  behind: number | null;
  lastDelivered: { sequence: number; at: string } | null;
  deadLetter: DeadLetter | null;
}

export interface ItemStory {
  window: Window | null;
  endpoints: EndpointStory[];
}

export interface Explained {
  endpointId: string;
  name: string;
  delivery: Delivery;
  told: boolean;
  reason: 'mask' | 'filter' | 'paused' | null;
  detail: string | null;
}

export interface Explanation {
  changeType: number;
  changeTypeName: string;
  operation: Operation;
  items: Explained[];
  nextCursor: string | null;
}

export interface ExplainEvent {
  type: string;
  itemId: Id;
  baseId: Id;
  operation?: Operation;
  scope?: string;
  changedFields?: string[];
}

export type SourceState = 'waiting' | 'running' | 'failing';

export interface Source {
  name: string;
  type: string;
  state: SourceState;
  lastRunAt: string | null;
  lastError: string | null;
  admitted: number;
  lag: string | null;
}

export type BrokerState = 'idle' | 'connecting' | 'connected' | 'blocked' | 'away' | 'unavailable';

export interface Broker {
  name: string;
  protocol: 'rabbitmq' | 'amqp' | 'stomp' | null;
  state: BrokerState;
  since: string | null;
  lastError: string | null;
  endpoints: number;
  queued: number;
  lag: string;
  inFlight: number;
  confirmed: number;
}

export interface Setting {
  key: string;
  value: unknown;
  source: string;
}

export interface Me {
  principal: string;
  roles: string[];
}

export interface Config {
  version: string;
  authentication: 'none' | 'apiKey' | 'jwt';
  signIn: { authorizationEndpoint: string; clientId: string; scope: string } | null;
}
