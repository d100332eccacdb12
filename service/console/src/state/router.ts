// The address after `#` says which page is shown and what it is narrowed to, so that every view can be kept and sent on.
import { createStore } from './store';

export type PageName =
  | 'overview' | 'endpoints' | 'endpoint' | 'dead-letters' | 'windows' | 'items' | 'jobs' | 'live' | 'settings' | 'unknown';

export interface Route {
  page: PageName;
  /** Of the endpoint; empty on other pages. */
  id: string;
  query: Readonly<Record<string, string>>;
}

const plain: readonly PageName[] = ['endpoints', 'dead-letters', 'windows', 'items', 'jobs', 'live', 'settings'];

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function parseHash(hash: string): Route {
  const text = hash.replace(/^#/, '');
  const mark = text.indexOf('?');
  const path = mark < 0 ? text : text.slice(0, mark);
  const query = Object.fromEntries(new URLSearchParams(mark < 0 ? '' : text.slice(mark + 1)));
  const [first = '', second = '', ...rest] = path.split('/').filter((part) => part !== '').map(decoded);
  if (first === '') return { page: 'overview', id: '', query };
  if (first === 'endpoints' && second !== '' && rest.length === 0) return { page: 'endpoint', id: second, query };
  const page = second === '' ? plain.find((name) => name === first) : undefined;
  return { page: page ?? 'unknown', id: '', query };
}

export type Narrowing = Record<string, string | number | boolean | null | undefined>;

/** The link to a page, such as `#/dead-letters?reason=expired`. Parts without a value are left out. */
export function linkTo(path: string, query: Narrowing = {}): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') parts.set(name, String(value));
  }
  const text = parts.toString();
  return `#/${path}${text === '' ? '' : `?${text}`}`;
}

export const endpointLink = (id: string, query: Narrowing = {}): string => linkTo(`endpoints/${encodeURIComponent(id)}`, query);

const currentHash = (): string => (typeof location === 'undefined' ? '' : location.hash);

export const route = createStore<Route>(parseHash(currentHash()));

export function startRouter(): void {
  window.addEventListener('hashchange', () => route.set(parseHash(location.hash)));
}

/** Goes to a link; `replace` leaves no step to come back to, as fits a filter that is being typed. */
export function go(link: string, replace = false): void {
  if (link === currentHash()) return;
  if (replace) {
    history.replaceState(null, '', link);
    route.set(parseHash(link));
  } else {
    location.hash = link;
  }
}

/** Changes parts of the query of the page that is shown. */
export function narrow(change: Narrowing, replace = true): void {
  const { page, id, query } = route.get();
  const path = page === 'overview' ? '' : page === 'endpoint' ? `endpoints/${encodeURIComponent(id)}` : page;
  go(linkTo(path, { ...query, ...change }), replace);
}
