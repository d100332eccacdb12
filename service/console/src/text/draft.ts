// What stands in the form of an endpoint, and what is sent of it.
import type { Delivery, Endpoint, Filter, OnFailure, Operation, Order, Results } from '../api/types';
import { listOf, listText } from './lists';
import { secondsOf, timespanOf } from './timespan';

export interface DraftHeader {
  name: string;
  value: string;
  /** The service has a value for it and shows none; an untouched one is kept. */
  stored: boolean;
}

/** Texts as they stand in the boxes; numbers too, so that a half typed one is not lost. */
export interface Draft {
  name: string;
  url: string;
  changeTypes: number;
  headers: DraftHeader[];
  enabled: boolean;
  timeout: string;
  maxConcurrency: string;
  rateLimitPerSecond: string;
  format: string;
  events: string[];
  operations: Operation[];
  fields: string;
  scopes: string;
  delivery: Delivery;
  order: Order;
  onFailure: OnFailure;
  results: Results;
  position: string;
  secret: string;
}

export const emptyDraft: Draft = {
  name: '', url: '', changeTypes: 0, headers: [], enabled: true, timeout: '', maxConcurrency: '', rateLimitPerSecond: '',
  format: '', events: [], operations: [], fields: '', scopes: '', delivery: 'debounced', order: 'item', onFailure: 'skip',
  results: 'status', position: '', secret: '',
};

const hiddenValue = '***';
const numberText = (value: number | null): string => (value === null ? '' : String(value));

export function draftOf(endpoint: Endpoint): Draft {
  const { filter } = endpoint;
  return {
    name: endpoint.name,
    url: endpoint.url ?? '',
    changeTypes: endpoint.changeTypes,
    headers: Object.keys(endpoint.headers).map((name) => ({ name, value: hiddenValue, stored: true })),
    enabled: endpoint.enabled,
    timeout: endpoint.timeout === null ? '' : numberText(secondsOf(endpoint.timeout)),
    maxConcurrency: numberText(endpoint.maxConcurrency),
    rateLimitPerSecond: numberText(endpoint.rateLimitPerSecond),
    format: endpoint.format,
    events: filter?.events ?? [],
    operations: filter?.operations ?? [],
    fields: listText(filter?.fields),
    scopes: listText(filter?.scopes),
    delivery: endpoint.delivery,
    order: endpoint.order,
    onFailure: endpoint.onFailure,
    results: endpoint.results,
    position: numberText(endpoint.position),
    secret: '',
  };
}

function filterOf(draft: Draft): Filter | null {
  const filter: Filter = {};
  if (draft.events.length > 0) filter.events = draft.events;
  if (draft.operations.length > 0) filter.operations = draft.operations;
  if (listOf(draft.fields).length > 0) filter.fields = listOf(draft.fields);
  if (listOf(draft.scopes).length > 0) filter.scopes = listOf(draft.scopes);
  return Object.keys(filter).length === 0 ? null : filter;
}

const numberOf = (text: string): number | null => (text.trim() === '' ? null : Number(text));

/** The registration that a draft stands for. Choices that the rest of it rules out are left at their defaults. */
export function registrationOf(draft: Draft): Record<string, unknown> {
  const every = draft.delivery === 'every';
  const sync = draft.delivery === 'sync';
  const ordered = every && draft.order === 'endpoint';
  return {
    name: draft.name.trim(),
    url: draft.url.trim(),
    changeTypes: draft.changeTypes,
    headers: Object.fromEntries(draft.headers.filter(({ name }) => name.trim() !== '').map(({ name, value }) => [name.trim(), value])),
    enabled: draft.enabled,
    timeout: draft.timeout.trim() === '' ? null : timespanOf(Number(draft.timeout)),
    maxConcurrency: numberOf(draft.maxConcurrency),
    rateLimitPerSecond: numberOf(draft.rateLimitPerSecond),
    format: draft.format === '' ? null : draft.format,
    filter: filterOf(draft),
    delivery: draft.delivery,
    order: every ? draft.order : 'item',
    onFailure: ordered ? draft.onFailure : 'skip',
    results: ordered || sync ? draft.results : 'status',
    position: sync ? numberOf(draft.position) : null,
    ...(draft.secret.trim() === '' ? {} : { secret: draft.secret.trim() }),
  };
}

/** Null means "as the settings say", which on a new endpoint is said by leaving it out. */
export function creationOf(draft: Draft): Record<string, unknown> {
  return Object.fromEntries(Object.entries(registrationOf(draft)).filter(([, value]) => value !== null));
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function memberPatch(before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> {
  const gone = Object.keys(before).filter((name) => !(name in after)).map((name) => [name, null]);
  const changed = Object.entries(after).filter(([name, value]) => !same(before[name], value));
  return Object.fromEntries([...gone, ...changed]);
}

/** The merge patch (RFC 7396) that leads from one draft to another: only what was changed. */
export function patchOf(before: Draft, after: Draft): Record<string, unknown> {
  const [old, fresh] = [registrationOf(before), registrationOf(after)];
  const patch = memberPatch(old, fresh);
  for (const name of ['headers', 'filter']) {
    const [was, is] = [old[name], fresh[name]] as [Record<string, unknown> | null, Record<string, unknown> | null];
    if (name in patch && was !== null && is !== null) patch[name] = memberPatch(was, is);
  }
  // The older way to choose the words may not stand beside the new one.
  if ('format' in patch) patch['idField'] = null;
  return patch;
}
