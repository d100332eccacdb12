// What an act came to, told once: on the screen for a while, and to screen readers.
import { createStore } from './store';

export interface Notice {
  id: number;
  text: string;
  bad: boolean;
}

export const notices = createStore<readonly Notice[]>([]);

let lastId = 0;

export function dismiss(id: number): void {
  notices.set(notices.get().filter((notice) => notice.id !== id));
}

/** Bad news stays until it is dismissed. */
export function tell(text: string, bad = false): void {
  lastId += 1;
  const id = lastId;
  notices.set([...notices.get().slice(-1), { id, text, bad }]);
  if (!bad) setTimeout(() => dismiss(id), 6000);
}
