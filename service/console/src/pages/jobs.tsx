// Long work that somebody started: how far it is and what came of it.
import { get } from '../api/client';
import type { Job, JobFilter, Page } from '../api/types';
import { Empty, Loading } from '../parts/empty';
import { CancelJob, JobBadge, JobBar, jobSentence } from '../parts/job-progress';
import { Pager } from '../parts/pager';
import { ProblemNote } from '../parts/problem-note';
import { Cell, Table } from '../parts/table';
import { When } from '../parts/when';
import { useState } from 'preact/hooks';
import { useChangeTypeName, useEndpointName } from '../state/catalogue';
import { usePaged } from '../state/paged';
import { endpointLink, linkTo } from '../state/router';
import { session } from '../state/session';
import { useStore } from '../state/store';
import { narrowings } from '../text/job-filter';
import { actionWords } from '../text/words';

function JobOf({ job: { action, filter } }: { job: Job }) {
  const endpoint = useEndpointName(filter.endpointId);
  const typeName = useChangeTypeName();
  const words = narrowings(action, filter);
  return (
    <>
      {filter.endpointId && <a href={endpointLink(filter.endpointId)}>{endpoint}</a>} {filter.changeType && <span>{typeName(filter.changeType)}</span>} {words.join(', ')} <Times filter={filter} />
    </>
  );
}

function Times({ filter: { since, until } }: { filter: JobFilter }) {
  return (
    <>
      {since && <span>since <When at={since} /></span>} {until && <span>before <When at={until} /></span>}
    </>
  );
}

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
        <Table caption="Jobs, newest first" columns={['Job', 'Of', 'State', 'Progress', 'Began', 'Ended', 'By', ...(can.manage ? ['!Actions'] : [])]} stale={pages.stale}>
          {list.map((job) => (
            <tr key={job.id}>
              <Cell label="Job" kind="main">{actionWords[job.action]}</Cell>
              <Cell label="Of"><JobOf job={job} /></Cell>
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
