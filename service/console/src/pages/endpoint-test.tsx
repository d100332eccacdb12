// One test notification, and what came back.
import { useEffect, useState } from 'preact/hooks';
import { post, segment } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import type { Endpoint, TestResult } from '../api/types';
import { OutcomeBadge } from '../parts/badge';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { ProblemNote } from '../parts/problem-note';
import { measured } from '../text/relative';

export function TestDialog({ endpoint, onClose }: { endpoint: Endpoint; onClose: () => void }) {
  const [result, setResult] = useState<TestResult>();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const send = () => {
    setBusy(true);
    setProblem(undefined);
    post<TestResult>(`/endpoints/${segment(endpoint.id)}/test`, undefined)
      .then(setResult, (error) => setProblem(asProblem(error)))
      .finally(() => setBusy(false));
  };
  useEffect(send, []);
  return (
    <Dialog title={`A test to ${endpoint.name}`} onClose={onClose} actions={<Button busy={busy} onClick={send}>Send another</Button>}>
      <p class="hint">One notification with item 0 and the header <code>Lull-Test: true</code>. It touches neither the queue nor the breaker.</p>
      <div role="status" aria-busy={busy}>
        {busy && <p class="loading">Sending…</p>}
        {!busy && result && (
          <>
            <p>
              <OutcomeBadge outcome={result.outcome} /> {result.status === null ? (result.error ?? 'No answer came.') : `It answered ${result.status}`} {result.status !== null && `in ${measured(result.durationMs)}.`}
            </p>
            {result.status !== null && result.error && <p>{result.error}</p>}
            {result.responseExcerpt && <pre tabIndex={0} aria-label="What it answered">{result.responseExcerpt}</pre>}
          </>
        )}
      </div>
      <ProblemNote problem={problem} />
    </Dialog>
  );
}
