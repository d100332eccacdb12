// The forms of the API's replies, as swagger.json describes them.

export type Id = string | number;
export type Health = 'healthy' | 'failing' | 'open' | 'paused';
export type PausedReason = 'operator' | 'gone' | 'egress' | 'dead-letters-full' | 'queue-full' | 'blocked';
export type Operation = 'create' | 'update' | 'delete';
export type Delivery = 'debounced' | 'every' | 'sync';
export type Order = 'item' | 'endpoint' | 'none';
export type OnFailure = 'skip' | 'stop';
export type Results = 'status' | 'body';
export type Outcome = 'delivered' | 'retryable' | 'permanent' | 'gone' | 'refused' | 'released';
export type Reason = 'exhausted' | 'permanent' | 'expired' | 'poisoned';

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface Filter {
  events?: string[];
  operations?: Operation[];
  fields?: string[];
  scopes?: string[];
}

export interface Endpoint {
  id: string;
  name: string;
  /** Endpoints of other channels than the webhook have none. */
  url?: string;
  channel?: string;
  /** Of a mailbox only; `waiting` are the calls that wait for a message at the replica that answered. */
  mailbox?: { locked: number; oldestAgeMs: number | null; waiting: number };
  changeTypes: number;
  changeTypeNames: string[];
  headers: Record<string, string>;
  enabled: boolean;
  timeout: string | null;
  maxConcurrency: number | null;
  rateLimitPerSecond: number | null;
  idField: string | null;
  format: string;
  filter: Filter | null;
  delivery: Delivery;
  order: Order;
  onFailure: OnFailure;
  results: Results;
  position: number | null;
  health: Health;
  pausedReason: PausedReason | null;
  queueDepth: number;
  missed: { count: number; firstSequence: number; lastSequence: number } | null;
  consecutiveFailures: number;
  lastSuccessAt: string | null;
  lastError: string | null;
  nextAttemptAt: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface MailboxView {
  id: string;
  name: string;
  subscriptions: { topic: string; scope: string | null }[];
}

export interface TestResult {
  outcome: Outcome;
  status: number | null;
  durationMs: number;
  error: string | null;
  responseExcerpt: string | null;
}

export interface Attempt extends TestResult {
  at: string;
  messageId: string;
  changeType: number;
  itemId: Id;
  attempt: number;
  result: string | null;
}

export type QueueState = 'waiting' | 'retrying' | 'inFlight' | 'behind' | 'setAside';

export interface QueueItem {
  id: string;
  changeType: number;
  itemId: Id;
  baseId: Id;
  sequence: number;
  state: QueueState;
  attempts: number;
  lastStatus: number | null;
  lastError: string | null;
  nextAttemptAt: string | null;
  /** Of a mailbox, while its client has the message locked. */
  lockedUntil?: string;
}

export interface ChangeType {
  name: string;
  value: number;
  events: string[];
  idName: string;
}

export interface Format {
  name: string;
  contentType: string;
  body: string;
  builtIn: boolean;
  unavailable: string | null;
}

export interface Window {
  changeType: number;
  itemId: Id;
  events: number;
  firstAt: string;
  dueAt: string;
}

export interface DeadLetter {
  id: string;
  endpointId: string;
  endpointName: string | null;
  changeType: number;
  changeTypeName: string;
  itemId: Id;
  baseId: Id;
  sequence: number;
  eventCount: number;
  attempts: number;
  reason: Reason;
  lastStatus: number | null;
  lastError: string | null;
  firstFailedAt: string | null;
  deadAt: string;
  supersededAt: string | null;
}

export interface DeadLetterDetail extends DeadLetter {
  body: string | null;
  attemptLog: Attempt[];
}

export interface DeadLetterPage extends Page<DeadLetter> {
  total: number;
  totalIsExact: boolean;
}

export interface DeadLetterGroup {
  key: string;
  title: string;
  endpointId: string | null;
  count: number;
  firstDeadAt: string;
  lastDeadAt: string;
  sampleId: string;
  lastRetry: { at: string; done: number; failedAgain: number } | null;
}

export type JobAction = 'retry' | 'purge' | 'replay';
export type JobState = 'running' | 'done' | 'cancelled' | 'failed';

/** What a job was started for; empty: everything. */
export interface JobFilter {
  endpointId?: string;
  changeType?: number;
  changeTypes?: number;
  itemId?: string;
  status?: number;
  failure?: string;
  reason?: Reason;
  superseded?: boolean;
  since?: string;
  until?: string;
  idCount?: number;
}

export interface Job {
  id: string;
  action: JobAction;
  filter: JobFilter;
  state: JobState;
  total: number;
  done: number;
  skipped: number;
  failedAgain: number;
  by: string;
  startedAt: string;
  finishedAt: string | null;
}

/** What a job would take; of a replay also from when on its index is complete, where the service tells it. */
export interface JobCount {
  total: number;
  skipped: number;
  completeSince?: string | null;
}
