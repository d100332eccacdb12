// Retrying and purging many letters.
import { post } from '../api/client';
import type { Job, JobCount } from '../api/types';
import type { Bulk } from '../parts/bulk';
import { orderOf, type Chosen } from '../text/letters';

export function retryLetters(chosen: Chosen, which: string): Bulk {
  const order = orderOf('retry', chosen);
  return {
    title: `Retry ${which}`,
    verb: 'Retry',
    past: 'retried',
    what: 'letter',
    leaves: 'superseded, or the endpoint is gone or gave up the change type',
    says: <p>Each is sent again with fresh attempts, under the same id. What fails again becomes a dead letter again, and the job counts it.</p>,
    paced: true,
    count: () => post<JobCount>('/jobs', { ...order, dryRun: true }),
    start: (ratePerSecond) => post<Job>('/jobs', ratePerSecond === undefined ? order : { ...order, ratePerSecond }),
  };
}

export function purgeLetters(chosen: Chosen, which: string): Bulk {
  const order = orderOf('purge', chosen);
  return {
    title: `Purge ${which}`,
    verb: 'Purge',
    past: 'purged',
    what: 'letter',
    leaves: 'superseded, or the endpoint is gone or gave up the change type',
    danger: true,
    says: <p>They are taken away for good: nobody will be told of these changes, and this cannot be taken back.</p>,
    count: () => post<JobCount>('/jobs', { ...order, dryRun: true }),
    start: () => post<Job>('/jobs', order),
  };
}
