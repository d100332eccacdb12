// Light or dark: as the system says, until the user chooses one. The choice is kept for this browser.
import { createStore } from './store';

export type Theme = 'system' | 'light' | 'dark';

const storageKey = 'lull.theme';

function stored(): Theme {
  const value = localStorage.getItem(storageKey);
  return value === 'light' || value === 'dark' ? value : 'system';
}

const dark = typeof matchMedia === 'undefined' ? null : matchMedia('(prefers-color-scheme: dark)');

export const theme = createStore<Theme>(typeof localStorage === 'undefined' ? 'system' : stored());

/** Changes with what is in force, so that charts can take other colours. */
export const shade = createStore<'light' | 'dark'>('light');

function apply(): void {
  const chosen = theme.get();
  const inForce = chosen === 'system' ? (dark?.matches ? 'dark' : 'light') : chosen;
  document.documentElement.dataset['theme'] = inForce;
  shade.set(inForce);
}

export function startTheme(): void {
  apply();
  dark?.addEventListener('change', apply);
}

export function chooseTheme(value: Theme): void {
  if (value === 'system') localStorage.removeItem(storageKey);
  else localStorage.setItem(storageKey, value);
  theme.set(value);
  apply();
}
