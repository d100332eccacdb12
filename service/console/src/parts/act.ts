// Something done by one press of a button: busy meanwhile, and what came of it is told.
import { useState } from 'preact/hooks';
import { asProblem, isAbort } from '../api/problem';
import { tell } from '../state/notices';

export interface Act {
  busy: boolean;
  run: (work: () => Promise<string | void>) => void;
}

/** `work` returns the sentence to tell. */
export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const run = (work: () => Promise<string | void>) => {
    setBusy(true);
    work()
      .then((sentence) => {
        if (sentence) tell(sentence);
      })
      .catch((error: unknown) => {
        if (!isAbort(error)) tell(asProblem(error).message, true);
      })
      .finally(() => setBusy(false));
  };
  return { busy, run };
}
