// One timer for everything that tells how long ago or how soon: a component is drawn again only when its text changes.
import { useEffect, useState } from 'preact/hooks';
import { now } from '../text/clock';
import { visible } from './visible';

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  for (const listener of listeners) listener();
}

function arrange(): void {
  const wanted = listeners.size > 0 && visible.get();
  if (wanted && timer === undefined) timer = setInterval(tick, 1000);
  if (!wanted && timer !== undefined) {
    clearInterval(timer);
    timer = undefined;
  }
}

visible.subscribe((seen) => {
  arrange();
  if (seen) tick();
});

/** A text that depends on the time, made anew every second. */
export function useTicking(make: (now: number) => string): string {
  const [, setText] = useState('');
  useEffect(() => {
    const listener = () => setText(make(now()));
    listeners.add(listener);
    arrange();
    return () => {
      listeners.delete(listener);
      arrange();
    };
  }, [make]);
  return make(now());
}
