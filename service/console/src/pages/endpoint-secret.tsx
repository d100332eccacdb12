// The signing secret: shown when it is asked for, gone when the dialog is closed.
import { useState } from 'preact/hooks';
import { get, post, segment } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import type { Endpoint } from '../api/types';
import { Button } from '../parts/button';
import { Code } from '../parts/code';
import { Dialog } from '../parts/dialog';
import { ProblemNote } from '../parts/problem-note';

export function SecretDialog({ endpoint, onClose }: { endpoint: Endpoint; onClose: () => void }) {
  const [secret, setSecret] = useState<string>();
  const [rotating, setRotating] = useState(false);
  const [rotated, setRotated] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const path = `/endpoints/${segment(endpoint.id)}/secret`;
  const work = (request: Promise<{ secret: string }>, isNew: boolean) => {
    setBusy(true);
    setProblem(undefined);
    request
      .then((reply) => {
        setSecret(reply.secret);
        setRotating(false);
        setRotated(isNew);
      })
      .catch((error) => setProblem(asProblem(error)))
      .finally(() => setBusy(false));
  };
  return (
    <Dialog title={`Signing secret of ${endpoint.name}`} onClose={onClose}>
      <p>The receiver checks with it that a notification came from here (Standard Webhooks).</p>
      <div role="status">
        {rotated && <p>This is the new secret. The old one still signs for 24 hours.</p>}
        {secret && <Code text={secret} what="the secret" />}
      </div>
      {rotating ? (
        <div class="note">
          <p>A new secret is made. For 24 hours every notification is signed with both, so the receiver can change over in peace. Five secrets are kept at most.</p>
          <div class="actions">
            <Button kind="danger" busy={busy} onClick={() => work(post(`${path}/rotate`, undefined), true)}>Make a new secret</Button>
            <Button onClick={() => setRotating(false)}>Keep the old one</Button>
          </div>
        </div>
      ) : (
        <div class="actions">
          {!secret && <Button kind="primary" busy={busy} onClick={() => work(get(path), false)}>Show the secret</Button>}
          <Button onClick={() => setRotating(true)}>Rotate…</Button>
        </div>
      )}
      <ProblemNote problem={problem} />
    </Dialog>
  );
}
