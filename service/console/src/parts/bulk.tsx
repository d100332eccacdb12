// The way every act on many things goes: it is tried dry first, then says how many and asks, then runs as a job whose
// progress is seen and which can be stopped.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { asProblem, type Problem } from '../api/problem';
import type { Job, JobCount } from '../api/types';
import { counted } from '../text/numbers';
import { exact } from '../text/relative';
import { Button } from './button';
import { Dialog } from './dialog';
import { Field } from './field';
import { JobProgress } from './job-progress';
import { ProblemNote } from './problem-note';

export interface Bulk {
  title: string;
  /** The act, such as "Retry". */
  verb: string;
  /** What has been done then, such as "retried". */
  past: string;
  /** What it is done to, in the singular. */
  what: string;
  danger?: boolean;
  /** What the act means for what it is done to. */
  says: ComponentChildren;
  /** Why some of it would be left alone. */
  leaves: string;
  /** Whether it may be slowed down. */
  paced?: boolean;
  count: () => Promise<JobCount>;
  start: (ratePerSecond: number | undefined) => Promise<Job>;
}

function Count({ bulk, count }: { bulk: Bulk; count: JobCount }) {
  const acting = count.total - count.skipped;
  return (
    <div class="dry" role="status">
      <p class="dry-number">{counted(acting, bulk.what)}</p>
      <p>
        {acting === 0 ? `There is nothing to ${bulk.verb.toLowerCase()}.` : `would be ${bulk.past}. This was a dry run: nothing has been changed.`}
        {count.skipped > 0 && ` ${counted(count.skipped, bulk.what)} would be left alone: ${bulk.leaves}.`}
      </p>
      {count.completeSince && <p>All changes are known from {exact(Date.parse(count.completeSince))} on. What changed before may be missing.</p>}
    </div>
  );
}

function Rate({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <Field label="At most per second" hint="Leave it empty to go as fast as the service can. A receiver that has just recovered likes less.">
      {(input) => (
        <input {...input} type="number" min="1" max="10000" inputMode="numeric" value={value} onInput={(event) => onChange(event.currentTarget.value)} />
      )}
    </Field>
  );
}

interface BulkDialogProps {
  bulk: Bulk;
  onClose: () => void;
  /** When a job was started, and again when the dialog is closed on it: what is shown beneath has changed. */
  onChanged?: () => void;
}

export function BulkDialog({ bulk, onClose, onChanged }: BulkDialogProps) {
  const [count, setCount] = useState<JobCount>();
  const [problem, setProblem] = useState<Problem>();
  const [rate, setRate] = useState('');
  const [busy, setBusy] = useState(false);
  const [job, setJob] = useState<Job>();

  useEffect(() => {
    let wanted = true;
    bulk.count().then(
      (value) => wanted && setCount(value),
      (error) => wanted && setProblem(asProblem(error)),
    );
    return () => {
      wanted = false;
    };
  }, []);

  const start = () => {
    setBusy(true);
    setProblem(undefined);
    bulk
      .start(rate === '' ? undefined : Number(rate))
      .then((started) => {
        setJob(started);
        onChanged?.();
      })
      .catch((error) => setProblem(asProblem(error)))
      .finally(() => setBusy(false));
  };

  const close = () => {
    if (job) onChanged?.();
    onClose();
  };

  const acting = count ? count.total - count.skipped : 0;
  const action = !job && acting > 0 && (
    <Button kind={bulk.danger ? 'danger' : 'primary'} busy={busy} onClick={start}>
      {`${bulk.verb} ${counted(acting, bulk.what)}`}
    </Button>
  );
  return (
    <Dialog title={bulk.title} onClose={close} closeWord={job ? 'Close' : 'Cancel'} actions={action}>
      {job ? (
        <>
          <JobProgress first={job} />
          <p class="faint">It needs no open window: <a href="#/jobs">Jobs</a> keeps it, and what came of it.</p>
        </>
      ) : (
        <>
          {bulk.says}
          {count ? <Count bulk={bulk} count={count} /> : !problem && <p class="loading" role="status">Counting…</p>}
          {acting > 0 && bulk.paced && <Rate value={rate} onChange={setRate} />}
        </>
      )}
      <ProblemNote problem={problem} />
    </Dialog>
  );
}
