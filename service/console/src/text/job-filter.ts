// What a job is of, in the words of the page it was started from.
import type { JobAction, JobFilter } from '../api/types';
import { counted } from './numbers';
import { reasonWords } from './words';

/** The parts that need no other words than the API's; endpoint, change type and times are the page's to show. */
export function narrowings(action: JobAction, filter: JobFilter): string[] {
  const parts: string[] = [];
  if (filter.idCount) parts.push(counted(filter.idCount, 'chosen letter'));
  if (filter.itemId) parts.push(`item ${filter.itemId}`);
  if (filter.reason) parts.push(reasonWords[filter.reason]);
  if (filter.status) parts.push(`status ${filter.status}`);
  if (filter.failure) parts.push(`failed by ${filter.failure}`);
  if (filter.superseded) parts.push('superseded only');
  const isAll = parts.length === 0 && !filter.endpointId && !filter.changeType;
  if (isAll && action !== 'replay') parts.push('all dead letters');
  return parts;
}
