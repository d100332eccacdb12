// What surrounds every page: the way to the others, the switch of light and dark, who is signed in, what was told.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Page } from '../pages/page';
import { Button } from '../parts/button';
import { askToSignIn, signedOff } from '../state/session';
import { route } from '../state/router';
import { useStore } from '../state/store';
import { Navigation } from './navigation';
import { Notices } from './notices';

/** A new page begins at its top, and its heading is what a screen reader hears. A changed filter moves nothing. */
function useFocusOnNewPage(place: string) {
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [place]);
  return main;
}

export function Shell() {
  const current = useStore(route);
  const off = useStore(signedOff);
  const [open, setOpen] = useState(false);
  const place = `${current.page}/${current.id}/${current.query['form'] ?? ''}`;
  const main = useFocusOnNewPage(place);
  useEffect(() => setOpen(false), [place]);
  return (
    <div class="shell">
      <Navigation current={current.page} open={open} onToggle={() => setOpen(!open)} onSkip={() => main.current?.focus()} />
      <main ref={main} tabIndex={-1} id="main">
        {off && (
          <div class="note bad" role="alert">
            <p>You are signed out, so what is shown may be old. <Button kind="quiet" onClick={askToSignIn}>Sign in again</Button></p>
          </div>
        )}
        <Page route={current} />
      </main>
      <Notices />
    </div>
  );
}
