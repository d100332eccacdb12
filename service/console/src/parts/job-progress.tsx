// A job while it runs: how far it is, and a way to stop it.
import { call, get, segment } from '../api/client';
import type { Job } from '../api/types';
import { usePoll } from '../state/poll';
import { counted, count } from '../text/numbers';
import { Badge, type Tone } from './badge';
import { Button } from './button';
import { useAct } from './act';
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
  const act = useAct();
  const cancel = () =>
    act.run(async () => {
      await call('DELETE', `/jobs/${segment(job.id)}`);
      onDone();
      return 'The job is cancelled. What it has moved stays moved.';
    });
  return <Button busy={act.busy} onClick={cancel} label={`Cancel the job that began ${job.startedAt}`}>Cancel the job</Button>;
}

/** Follows a job until it ends, and then what fails again, for as long as it is shown. */
export function JobProgress({ first }: { first: Job }) {
  const { data, problem, refresh } = usePoll<Job>((signal) => get(`/jobs/${segment(first.id)}`, {}, signal), 1000, first.id);
  const job = data ?? first;
  return (
    <div class="job">
      <p><JobBadge state={job.state} /></p>
      <JobBar job={job} />
      <p aria-live="polite">{jobSentence(job)}</p>
      {job.state === 'running' && <CancelJob job={job} onDone={refresh} />}
      <ProblemNote problem={problem} />
    </div>
  );
}
