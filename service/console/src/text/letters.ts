// Which dead letters are meant: by the address of the page, and in the words of the API.
import type { Query } from '../api/client';
import { instant } from './dates';

export type LetterQuery = Readonly<Record<string, string>>;

/** What a group may be narrowed by. */
const groupFilters = ['endpointId', 'changeType', 'reason'] as const;
const listFilters = [...groupFilters, 'itemId', 'status'] as const;

/** Superseded letters concern nobody any more, so they are left out unless they are asked for. */
function superseded(query: LetterQuery): boolean | undefined {
  const wanted = query['superseded'];
  return wanted === 'all' ? undefined : wanted === 'true';
}

export function groupQuery(query: LetterQuery): Query {
  const named = Object.fromEntries(groupFilters.map((name) => [name, query[name]]));
  return { ...named, by: query['by'] ?? 'cause', superseded: superseded(query) };
}

export function listQuery(query: LetterQuery): Query {
  const named = Object.fromEntries(listFilters.map((name) => [name, query[name]]));
  return { ...named, superseded: superseded(query), since: instant(query['since']), until: instant(query['until']) };
}

/** Whether the list is narrowed to less than "all that still matter". */
export function isNarrowed(query: LetterQuery): boolean {
  return [...listFilters, 'superseded', 'since', 'until'].some((name) => Boolean(query[name]));
}

const numbers = ['changeType', 'status'];

/** The same as the body of a bulk call, where numbers are numbers and nothing may be null. */
export function bulkFilter(query: LetterQuery): Record<string, unknown> {
  const parts = Object.entries(listQuery(query)).filter(([, value]) => value !== undefined && value !== '' && value !== null);
  return Object.fromEntries(parts.map(([name, value]) => [name, numbers.includes(name) ? Number(value) : value]));
}

/** What a bulk act takes: some letters by id, a group, or whatever fits the filter. */
export type Chosen = { ids: readonly string[] } | { group: string; query: LetterQuery } | { query: LetterQuery };

export function orderOf(action: 'retry' | 'purge', chosen: Chosen): Record<string, unknown> {
  if ('ids' in chosen) return { action, ids: chosen.ids, ...(action === 'purge' ? { includeSuperseded: true } : {}) };
  const filter = bulkFilter(chosen.query);
  const wide = filter['superseded'] === false ? {} : { includeSuperseded: true };
  if ('group' in chosen) {
    const { endpointId, changeType, reason, superseded: only } = filter;
    const narrowed = Object.entries({ endpointId, changeType, reason, superseded: only }).filter(([, value]) => value !== undefined);
    return { action, group: chosen.group, ...Object.fromEntries(narrowed), ...(action === 'purge' ? wide : {}) };
  }
  const rest = Object.keys(filter).length === 0 ? { all: true } : {};
  return { action, ...filter, ...rest, ...(action === 'purge' ? wide : {}) };
}
