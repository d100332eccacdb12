// Whether anybody can see this tab. A hidden one asks the service nothing.
import { createStore } from './store';

const isVisible = (): boolean => typeof document === 'undefined' || document.visibilityState === 'visible';

export const visible = createStore(isVisible());

if (typeof document !== 'undefined') {
  document.addEventListener('visibilitychange', () => visible.set(isVisible()));
}
