// What an act came to, told once: on the screen for a while, and to screen readers.
import { createStore } from './store';

/** Where to see what becomes of it. */
export interface Further {
  href: string;
  words: string;
}

export interface Notice {
  id: number;
  text: string;
  bad: boolean;
  further: Further | undefined;
}

export const notices = createStore<readonly Notice[]>([]);

let lastId = 0;

export function dismiss(id: number): void {
  notices.set(notices.get().filter((notice) => notice.id !== id));
}

/** Bad news stays until it is dismissed; what leads further stays long enough to go there. */
export function tell(text: string, bad = false, further?: Further): void {
  lastId += 1;
  const id = lastId;
  notices.set([...notices.get().slice(-1), { id, text, bad, further }]);
  if (!bad) setTimeout(() => dismiss(id), further ? 15_000 : 6000);
}
