// One page of a list at a time. The API gives the cursor of the next page only, so the way back is remembered here.
import { useEffect, useState } from 'preact/hooks';
import type { Page } from '../api/types';
import { usePoll, type Polled } from './poll';

export interface Paged<T, P extends Page<T> = Page<T>> extends Polled<P> {
  /** From 1. */
  number: number;
  next: (() => void) | null;
  previous: (() => void) | null;
}

export function usePaged<T, P extends Page<T> = Page<T>>(
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<P>,
  every: number | null,
  key: string,
): Paged<T, P> {
  const [place, setPlace] = useState<{ key: string; cursors: string[] }>({ key, cursors: [] });
  const cursors = place.key === key ? place.cursors : [];
  useEffect(() => setPlace((before) => (before.key === key ? before : { key, cursors: [] })), [key]);

  const cursor = cursors[cursors.length - 1];
  const polled = usePoll((signal) => load(cursor, signal), every, `${key}|${cursor ?? ''}`);
  const following = polled.data?.nextCursor ?? null;
  return {
    ...polled,
    number: cursors.length + 1,
    next: following === null || polled.stale ? null : () => setPlace({ key, cursors: [...cursors, following] }),
    previous: cursors.length === 0 ? null : () => setPlace({ key, cursors: cursors.slice(0, -1) }),
  };
}
