// Signing in: by the provider's page where one is set, else with a key or a token that is pasted.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Config } from '../api/fleet-types';
import { asProblem, Problem } from '../api/problem';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Check, Field } from '../parts/field';
import { Mark } from '../parts/mark';
import { ProblemNote } from '../parts/problem-note';
import { declineSignIn, signIn } from '../state/session';
import { leaveToSignIn, signInByWindow } from './provider';

function KeyForm({ what, focus }: { what: string; focus: boolean }) {
  const [value, setValue] = useState('');
  const [keep, setKeep] = useState(true);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (focus) box.current?.focus();
  }, [focus]);

  const submit = (event: Event) => {
    event.preventDefault();
    const credential = value.trim();
    if (busy || credential === '') {
      box.current?.focus();
      return;
    }
    setBusy(true);
    signIn(credential, keep).catch((error) => {
      setProblem(asProblem(error));
      setBusy(false);
      box.current?.focus();
    });
  };
  return (
    <form onSubmit={submit}>
      <Field label={what} errors={problem ? [problem.message] : undefined}>
        {(input) => (
          <input {...input} ref={box} type="password" autocomplete="off" spellcheck={false} required value={value} onInput={(event) => setValue(event.currentTarget.value)} />
        )}
      </Field>
      <Check checked={keep} onChange={setKeep} hint="Otherwise a reload asks for it again. It is never kept longer than the tab.">
        Keep it until this tab is closed
      </Check>
      <Button type="submit" kind="primary" busy={busy}>Sign in</Button>
    </form>
  );
}

const keyName = (config: Config): string => (config.authentication === 'apiKey' ? 'API key' : 'Access token');

export function SignInPage({ config, problem }: { config: Config; problem: Problem | undefined }) {
  const provider = config.signIn;
  const [failed, setFailed] = useState<Problem | undefined>(problem);
  const leave = () => {
    if (provider) leaveToSignIn(provider).catch((error) => setFailed(asProblem(error)));
  };
  return (
    <main class="sign-in">
      <h1><Mark /> Lull</h1>
      <p>{provider ? 'Sign in on the page of your provider.' : `Sign in with ${config.authentication === 'apiKey' ? 'an API key' : 'an access token'} of this service.`}</p>
      <ProblemNote problem={failed} />
      {provider ? (
        <>
          <Button kind="primary" onClick={leave}>Sign in</Button>
          <details class="other-way">
            <summary>With an access token instead</summary>
            <KeyForm what="Access token" focus={false} />
          </details>
        </>
      ) : (
        <KeyForm what={keyName(config)} focus />
      )}
    </main>
  );
}

function ProviderAgain({ provider }: { provider: NonNullable<Config['signIn']> }) {
  const [problem, setProblem] = useState<Problem>();
  const cancel = useRef<() => void>(() => undefined);
  useEffect(() => () => cancel.current(), []);
  const open = () => {
    cancel.current();
    setProblem(undefined);
    const attempt = signInByWindow(provider);
    cancel.current = attempt.cancel;
    if (!attempt.opened) setProblem(new Problem('The browser did not let the sign-in window open. Allow it for this page.', 0));
    attempt.token.then((token) => signIn(token, true)).catch((error) => setProblem(asProblem(error)));
  };
  return (
    <>
      <Button kind="primary" onClick={open}>Sign in in a new window</Button>
      <ProblemNote problem={problem} />
    </>
  );
}

/** Over the page, which keeps everything that was typed; the call that was refused is made again afterwards. */
export function SignInAgain({ config }: { config: Config }) {
  return (
    <Dialog title="Please sign in again" onClose={declineSignIn} closeWord="Not now">
      <p>Your sign-in has ended. What you typed is still there, and what you were doing goes on.</p>
      {config.signIn ? <ProviderAgain provider={config.signIn} /> : <KeyForm what={keyName(config)} focus />}
    </Dialog>
  );
}
