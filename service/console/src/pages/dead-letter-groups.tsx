// Dead letters added up by what there is to mend.
import { useState } from 'preact/hooks';
import { get } from '../api/client';
import type { DeadLetterGroup, Page } from '../api/types';
import { BulkDialog, type Bulk } from '../parts/bulk';
import { Button } from '../parts/button';
import { Empty, Loading } from '../parts/empty';
import { Pager } from '../parts/pager';
import { ProblemNote } from '../parts/problem-note';
import { Cell, Table } from '../parts/table';
import { When } from '../parts/when';
import { usePaged } from '../state/paged';
import { endpointLink, linkTo } from '../state/router';
import { session } from '../state/session';
import { useStore } from '../state/store';
import { count } from '../text/numbers';
import { groupQuery, isNarrowed, type LetterQuery } from '../text/letters';
import { purgeLetters, retryLetters } from './dead-letter-bulk';

function LastRetry({ retry }: { retry: DeadLetterGroup['lastRetry'] }) {
  if (!retry) return <span class="faint">not yet</span>;
  return (
    <>
      {count(retry.done)} retried <When at={retry.at} />,{' '}
      {retry.failedAgain > 0 ? <strong class="bad-text">{count(retry.failedAgain)} failed again since</strong> : 'none failed again so far'}
    </>
  );
}

/** What the list has to be narrowed to, so that it shows one group. A cause is found by a letter that has it. */
function membersLink(group: DeadLetterGroup, query: LetterQuery): string {
  const { letter: _, by = 'cause', ...kept } = query;
  if (by === 'cause') return linkTo('dead-letters', { ...kept, view: 'list', like: group.sampleId });
  if (by === 'endpoint') return linkTo('dead-letters', { ...kept, view: 'list', endpointId: group.endpointId });
  return linkTo('dead-letters', { ...kept, view: 'list', like: group.sampleId, by });
}

interface RowProps {
  group: DeadLetterGroup;
  query: LetterQuery;
  manage: boolean;
  onBulk: (bulk: Bulk) => void;
}

function Row({ group, query, manage, onBulk }: RowProps) {
  const chosen = { group: group.key, query };
  return (
    <tr>
      <Cell label="What to mend" kind="main">
        <a href={membersLink(group, query)}>{group.title}</a>
        {group.endpointId && <a class="aside" href={endpointLink(group.endpointId)}>See the endpoint</a>}
      </Cell>
      <Cell label="Letters" kind="number">{count(group.count)}</Cell>
      <Cell label="First"><When at={group.firstDeadAt} /></Cell>
      <Cell label="Last"><When at={group.lastDeadAt} /></Cell>
      <Cell label="Last retry" kind="wide"><LastRetry retry={group.lastRetry} /></Cell>
      {manage && (
        <Cell label="Actions" kind="actions">
          <Button onClick={() => onBulk(retryLetters(chosen, group.title))} label={`Retry ${group.title}…`}>Retry…</Button>
          <Button kind="quiet" onClick={() => onBulk(purgeLetters(chosen, group.title))} label={`Purge ${group.title}…`}>Purge…</Button>
        </Cell>
      )}
    </tr>
  );
}

export function DeadLetterGroups({ query }: { query: LetterQuery }) {
  const { can } = useStore(session);
  const [bulk, setBulk] = useState<Bulk>();
  const asked = groupQuery(query);
  const pages = usePaged<DeadLetterGroup>(
    (cursor, signal) => get<Page<DeadLetterGroup>>('/dead-letters/groups', { ...asked, limit: 50, cursor }, signal),
    5000,
    JSON.stringify(asked),
  );
  const list = pages.data?.items ?? [];
  const columns = ['What to mend', '#Letters', 'First', 'Last', 'Last retry', ...(can.manage ? ['!Actions'] : [])];
  return (
    <>
      <ProblemNote problem={pages.problem} />
      {!pages.data && !pages.problem && <Loading />}
      {pages.data && list.length === 0 && <NoLetters narrowed={isNarrowed(query)} />}
      {list.length > 0 && (
        <Table caption="Groups of dead letters, the one that grew last first" columns={columns} stale={pages.stale}>
          {list.map((group) => <Row key={group.key} group={group} query={query} manage={can.manage} onBulk={setBulk} />)}
        </Table>
      )}
      <Pager label="Pages of groups" number={pages.number} next={pages.next} previous={pages.previous} />
      {bulk && <BulkDialog bulk={bulk} onClose={() => setBulk(undefined)} onChanged={pages.refresh} />}
    </>
  );
}

export function NoLetters({ narrowed }: { narrowed: boolean }) {
  if (narrowed) return <Empty title="No dead letter fits."><p><a href={linkTo('dead-letters')}>Clear the filters</a></p></Empty>;
  return (
    <Empty title="No dead letters.">
      <p>A message becomes one when its attempts are used up or its receiver refuses it for good. It stays here until somebody retries or purges it.</p>
      <p>To see one, let a receiver refuse what it gets: <code>lull listen --port 9000 --status 400</code>.</p>
    </Empty>
  );
}
