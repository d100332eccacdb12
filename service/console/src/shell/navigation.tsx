// The way to the pages. Links only, so that they open in another tab as well.
import { swaggerAddress } from '../api/base';
import { Button } from '../parts/button';
import { Mark } from '../parts/mark';
import { Select } from '../parts/select';
import { linkTo, type PageName } from '../state/router';
import { session, signOut } from '../state/session';
import { useStore } from '../state/store';
import { chooseTheme, theme, type Theme } from '../state/theme';
import type { Abilities } from '../state/abilities';

interface Entry {
  page: PageName;
  path: string;
  name: string;
  shown: (can: Abilities) => boolean;
}

const always = () => true;

const entries: readonly Entry[] = [
  { page: 'overview', path: '', name: 'Overview', shown: always },
  { page: 'endpoints', path: 'endpoints', name: 'Endpoints', shown: always },
  { page: 'dead-letters', path: 'dead-letters', name: 'Dead letters', shown: always },
  { page: 'windows', path: 'windows', name: 'Windows', shown: always },
  { page: 'items', path: 'items', name: 'Items', shown: always },
  { page: 'live', path: 'live', name: 'Live', shown: always },
  { page: 'jobs', path: 'jobs', name: 'Jobs', shown: always },
  { page: 'settings', path: 'settings', name: 'Settings', shown: (can) => can.fleet },
];

const themes: readonly (readonly [Theme, string])[] = [['system', 'As the system'], ['light', 'Light'], ['dark', 'Dark']];

function Who() {
  const { me, config } = useStore(session);
  const chosen = useStore(theme);
  return (
    <div class="who">
      <Select label="Colours" value={chosen} options={themes} onChange={chooseTheme} />
      {config?.authentication !== 'none' && (
        <p>
          <span class="principal">{me?.principal}</span>
          <Button kind="quiet" onClick={signOut}>Sign out</Button>
        </p>
      )}
      <p class="faint">
        Lull {config?.version} · <a href={swaggerAddress}>API</a>
      </p>
    </div>
  );
}

interface NavigationProps {
  current: PageName;
  open: boolean;
  onToggle: () => void;
  /** To what follows the navigation. */
  onSkip: () => void;
}

export function Navigation({ current, open, onToggle, onSkip }: NavigationProps) {
  const { can } = useStore(session);
  const here = current === 'endpoint' ? 'endpoints' : current;
  return (
    <header class={open ? 'side open' : 'side'}>
      <button type="button" class="skip" onClick={onSkip}>Skip to the page</button>
      <div class="side-top">
        <a class="brand" href="#/" aria-label="Lull, overview"><Mark /> Lull</a>
        <button type="button" class="button quiet menu" aria-expanded={open} aria-controls="navigation" onClick={onToggle}>
          Menu
        </button>
      </div>
      <div class="side-rest" id="navigation">
        <nav aria-label="Pages">
          <ul>
            {entries.filter(({ shown }) => shown(can)).map(({ page, path, name }) => (
              <li key={page}>
                <a href={linkTo(path)} aria-current={page === here ? 'page' : undefined}>{name}</a>
              </li>
            ))}
          </ul>
        </nav>
        <Who />
      </div>
    </header>
  );
}
