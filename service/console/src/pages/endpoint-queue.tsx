// What waits for an endpoint, in the order in which it will be attempted.
import { useState } from 'preact/hooks';
import { get, post, segment } from '../api/client';
import type { Endpoint, Page, QueueItem } from '../api/types';
import { useAct } from '../parts/act';
import { QueueBadge } from '../parts/badge';
import { Button } from '../parts/button';
import { Confirm } from '../parts/confirm';
import { Empty } from '../parts/empty';
import { Pager } from '../parts/pager';
import { ProblemNote } from '../parts/problem-note';
import { Cell, Table } from '../parts/table';
import { When } from '../parts/when';
import { useChangeTypeName } from '../state/catalogue';
import { tell } from '../state/notices';
import { usePaged } from '../state/paged';
import { linkTo } from '../state/router';
import { session } from '../state/session';
import { useStore } from '../state/store';
import { counted } from '../text/numbers';

function cannotCome(endpoint: Endpoint): string | null {
  if (endpoint.delivery === 'sync') return 'It is called while an event is published; nothing is queued for it.';
  return null;
}

/** One message alone is sent before its time only where nothing else holds it: no breaker, no pause but that of its lane. */
function mayHurry({ state }: QueueItem, { health, pausedReason }: Endpoint): boolean {
  const waits = state === 'retrying' || state === 'waiting' || state === 'setAside';
  return waits && health !== 'open' && (health !== 'paused' || pausedReason === 'blocked');
}

interface RowProps {
  item: QueueItem;
  endpoint: Endpoint;
  typeName: string;
  manage: boolean;
  refresh: () => void;
  onPurge: () => void;
}

function Row({ item, endpoint, typeName, manage, refresh, onPurge }: RowProps) {
  const act = useAct();
  const name = `${typeName} ${item.itemId}`;
  const retry = () =>
    act.run(async () => {
      const { retried } = await post<{ retried: number }>(`/endpoints/${segment(endpoint.id)}/queue/retry`, { ids: [item.id] });
      refresh();
      return retried === 0 ? `${name} does not wait for a later attempt any more.` : `${name} is due now.`;
    });
  return (
    <tr>
      <Cell label="Item" kind="main"><a href={linkTo('items', { changeType: item.changeType, itemId: item.itemId })}>{name}</a></Cell>
      <Cell label="State"><QueueBadge state={item.state} /></Cell>
      <Cell label="Attempts" kind="number">{item.attempts}</Cell>
      <Cell label="Next attempt">
        {item.state === 'inFlight' ? 'now' : item.state === 'behind' ? 'after those before it' : <When at={item.nextAttemptAt} as="soon" none={endpoint.enabled ? '–' : 'when resumed'} />}
      </Cell>
      <Cell label="Last answer" kind="wide">{item.lastError ?? item.lastStatus ?? <span class="faint">–</span>}</Cell>
      {manage && (
        <Cell label="Actions" kind="actions">
          {mayHurry(item, endpoint) && <Button kind="quiet" busy={act.busy} onClick={retry} label={`Retry ${name}`}>Retry</Button>}
          <Button kind="quiet" onClick={onPurge} label={`Purge ${name}…`}>Purge…</Button>
        </Cell>
      )}
    </tr>
  );
}

export function QueueList({ endpoint, refresh }: { endpoint: Endpoint; refresh: () => void }) {
  const { can } = useStore(session);
  const typeName = useChangeTypeName();
  const [purging, setPurging] = useState<QueueItem | 'all'>();
  const path = `/endpoints/${segment(endpoint.id)}/queue`;
  const pages = usePaged<QueueItem>((cursor, signal) => get<Page<QueueItem>>(path, { limit: 10, cursor }, signal), 2000, `${endpoint.id} queue`);
  const list = pages.data?.items ?? [];
  const renew = () => {
    pages.refresh();
    refresh();
  };
  const purge = async () => {
    const body = purging === 'all' ? { all: true } : { ids: [purging?.id ?? ''] };
    const { purged } = await post<{ purged: number }>(`${path}/purge`, body);
    tell(`${counted(purged, 'message was', 'messages were')} purged.`);
    renew();
  };
  const number = purging === 'all' ? endpoint.queueDepth : 1;
  const never = cannotCome(endpoint);
  const columns = ['Item', 'State', '#Attempts', 'Next attempt', 'Last answer', ...(can.manage ? ['!Actions'] : [])];
  return (
    <section>
      <div class="section-head">
        <h2>Queue</h2>
        {can.manage && endpoint.queueDepth > 0 && <Button onClick={() => setPurging('all')}>Purge the queue…</Button>}
      </div>
      <ProblemNote problem={pages.problem} />
      {pages.data && list.length === 0 && <Empty title={never ?? 'Nothing waits.'} />}
      {list.length > 0 && (
        <Table caption="Messages in the queue" columns={columns} stale={pages.stale}>
          {list.map((item) => (
            <Row key={item.id} item={item} endpoint={endpoint} typeName={typeName(item.changeType)} manage={can.manage} refresh={renew} onPurge={() => setPurging(item)} />
          ))}
        </Table>
      )}
      <Pager label="Pages of the queue" number={pages.number} next={pages.next} previous={pages.previous} />
      {purging && (
        <Confirm title={purging === 'all' ? 'Purge the queue?' : 'Purge this message?'} word={`Purge ${counted(number, 'message')}`} danger onConfirm={purge} onClose={() => setPurging(undefined)}>
          <p>{counted(number, 'message')} will be cancelled: {endpoint.name} will not be told of {number === 1 ? 'it' : 'them'}. Attempts that run now may still arrive.</p>
          {endpoint.pausedReason === 'blocked' && <p>Purging does not resume the endpoint.</p>}
        </Confirm>
      )}
    </section>
  );
}
