// Lets nobody in who has no credential, where one is needed; then shows the page, and over it the sign-in when the
// credential ends.
import { useEffect, useState } from 'preact/hooks';
import { asProblem, type Problem } from '../api/problem';
import { Button } from '../parts/button';
import { Mark } from '../parts/mark';
import { ProblemNote } from '../parts/problem-note';
import { Shell } from '../shell/shell';
import { loadConfig, renewal, session, signIn, storedCredential } from '../state/session';
import { parseHash, route } from '../state/router';
import { useStore } from '../state/store';
import { finishSignIn } from './provider';
import { SignInAgain, SignInPage } from './sign-in';

/** Everything that can bring a user in without a question: none needed, one kept, or one just fetched. */
async function enter(): Promise<void> {
  const config = await loadConfig();
  if (config.authentication === 'none') return signIn(null, false);
  const token = await finishSignIn();
  route.set(parseHash(location.hash));
  if (token !== null) return signIn(token, true);
  const kept = storedCredential();
  if (kept !== null) await signIn(kept, true).catch(() => undefined);
}

export function Gate() {
  const { config, me } = useStore(session);
  const renewing = useStore(renewal);
  const [entered, setEntered] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  const start = () => {
    setProblem(undefined);
    enter().then(
      () => setEntered(true),
      (error) => {
        setProblem(asProblem(error));
        setEntered(true);
      },
    );
  };
  useEffect(start, []);

  if (me !== null) {
    return (
      <>
        <Shell />
        {renewing && config && <SignInAgain config={config} />}
      </>
    );
  }
  if (!entered) return <p class="loading page-loading" role="status">Loading…</p>;
  if (config === null || config.authentication === 'none') {
    return (
      <main class="sign-in">
        <h1><Mark /> Lull</h1>
        <ProblemNote problem={problem} />
        <Button onClick={start} kind="primary">Try again</Button>
      </main>
    );
  }
  return <SignInPage config={config} problem={problem} />;
}
