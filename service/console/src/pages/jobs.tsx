// Long work that somebody started: how far it is and what came of it.
import { get } from '../api/client';
import type { Job, Page } from '../api/types';
import { Empty, Loading } from '../parts/empty';
import { CancelJob, JobBadge, JobBar, jobSentence } from '../parts/job-progress';
import { Pager } from '../parts/pager';
import { ProblemNote } from '../parts/problem-note';
import { Cell, Table } from '../parts/table';
import { When } from '../parts/when';
import { useState } from 'preact/hooks';
import { usePaged } from '../state/paged';
import { linkTo } from '../state/router';
import { session } from '../state/session';
import { useStore } from '../state/store';
import { actionWords } from '../text/words';

export function Jobs() {
  const { can } = useStore(session);
  const [running, setRunning] = useState(true);
  const pages = usePaged<Job>(
    async (cursor, signal) => {
      const page = await get<Page<Job>>('/jobs', { limit: 25, cursor }, signal);
      setRunning(page.items.some(({ state }) => state === 'running'));
      return page;
    },
    running ? 1000 : 10_000,
    'jobs',
  );
  const list = pages.data?.items ?? [];
  return (
    <>
      <h1>Jobs</h1>
      <ProblemNote problem={pages.problem} />
      {!pages.data && !pages.problem && <Loading />}
      {pages.data && list.length === 0 && (
        <Empty title="No job has run.">
          <p>Retrying or purging many <a href={linkTo('dead-letters')}>dead letters</a> is a job, and so is a replay of an endpoint. They go on when this page is closed.</p>
        </Empty>
      )}
      {list.length > 0 && (
        <Table caption="Jobs, newest first" columns={['Job', 'State', 'Progress', 'Began', 'Ended', 'By', ...(can.manage ? ['!Actions'] : [])]} stale={pages.stale}>
          {list.map((job) => (
            <tr key={job.id}>
              <Cell label="Job" kind="main">{actionWords[job.action]}</Cell>
              <Cell label="State"><JobBadge state={job.state} /></Cell>
              <Cell label="Progress" kind="wide"><JobBar job={job} /> <span class="job-words">{jobSentence(job)}</span></Cell>
              <Cell label="Began"><When at={job.startedAt} /></Cell>
              <Cell label="Ended"><When at={job.finishedAt} /></Cell>
              <Cell label="By">{job.by}</Cell>
              {can.manage && <Cell label="Actions" kind="actions">{job.state === 'running' && <CancelJob job={job} onDone={pages.refresh} />}</Cell>}
            </tr>
          ))}
        </Table>
      )}
      <Pager label="Pages of jobs" number={pages.number} next={pages.next} previous={pages.previous} />
    </>
  );
}
