// A job while it runs: how far it is, and a way to stop it.
import { call, get, segment } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import type { Job } from '../api/types';
import { useState } from 'preact/hooks';
import { usePoll } from '../state/poll';
import { counted, count } from '../text/numbers';
import { Badge, type Tone } from './badge';
import { Button } from './button';
import { ProblemNote } from './problem-note';

const tones: Record<Job['state'], Tone> = { running: 'info', done: 'good', cancelled: 'quiet', failed: 'bad' };
const pastWords: Record<Job['action'], string> = { retry: 'retried', purge: 'purged', replay: 'queued again' };

export function JobBadge({ state }: { state: Job['state'] }) {
  return <Badge tone={tones[state]}>{state}</Badge>;
}

export function jobSentence(job: Job): string {
  const parts = [`${count(job.done)} of ${count(job.total)} ${pastWords[job.action]}`];
  if (job.skipped > 0) parts.push(`${count(job.skipped)} left alone`);
  if (job.failedAgain > 0) parts.push(`${counted(job.failedAgain, 'letter')} failed again since`);
  return `${parts.join(', ')}.`;
}

export function JobBar({ job }: { job: Job }) {
  return <progress class="progress" max={Math.max(1, job.total)} value={job.total === 0 ? 1 : job.done + job.skipped} aria-label={jobSentence(job)} />;
}

export function CancelJob({ job, onDone }: { job: Job; onDone: () => void }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const cancel = () => {
    setBusy(true);
    call('DELETE', `/jobs/${segment(job.id)}`)
      .then(onDone, (error) => setProblem(asProblem(error)))
      .finally(() => setBusy(false));
  };
  return (
    <>
      <Button busy={busy} onClick={cancel} label={`Cancel the job that began ${job.startedAt}`}>Cancel the job</Button>
      <ProblemNote problem={problem} />
    </>
  );
}

/** Follows a job until it ends, and then what fails again, for as long as it is shown. */
export function JobProgress({ first }: { first: Job }) {
  const { data, problem, refresh } = usePoll<Job>((signal) => get(`/jobs/${segment(first.id)}`, {}, signal), 1000, first.id);
  const job = data ?? first;
  return (
    <div class="job">
      <JobBar job={job} />
      <p aria-live="polite"><JobBadge state={job.state} /> {jobSentence(job)}</p>
      {job.state === 'done' && job.action === 'retry' && <p>Each is due now and is attempted as its endpoint allows; what fails again is counted here.</p>}
      {job.state === 'cancelled' && <p>What it has moved stays moved.</p>}
      {job.state === 'running' && <CancelJob job={job} onDone={refresh} />}
      <ProblemNote problem={problem} />
    </div>
  );
}
