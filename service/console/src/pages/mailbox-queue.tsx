// What a mailbox holds, oldest first, and which of it a client has locked.
import { useState } from 'preact/hooks';
import { get, post, segment } from '../api/client';
import type { Endpoint, Page, QueueItem } from '../api/types';
import { Badge } from '../parts/badge';
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

/** An act on one message, or on all of them. */
interface Asked {
  act: 'unlock' | 'purge';
  item: QueueItem | 'all';
}

const isLocked = ({ state }: QueueItem): boolean => state === 'inFlight';

interface RowProps {
  item: QueueItem;
  name: string;
  manage: boolean;
  ask: (asked: Asked) => void;
}

function Row({ item, name, manage, ask }: RowProps) {
  const locked = isLocked(item);
  return (
    <tr>
      <Cell label="Item" kind="main"><a href={linkTo('items', { changeType: item.changeType, itemId: item.itemId })}>{name}</a></Cell>
      <Cell label="State"><Badge tone={locked ? 'info' : 'quiet'}>{locked ? 'locked' : 'waiting'}</Badge></Cell>
      <Cell label="Sequence" kind="number">{item.sequence}</Cell>
      <Cell label="Locked so far" kind="number">{item.attempts === 0 ? 'never' : counted(item.attempts, 'time')}</Cell>
      <Cell label="Lock ends">{locked ? <When at={item.lockedUntil} as="soon" /> : <span class="faint">–</span>}</Cell>
      {manage && (
        <Cell label="Actions" kind="actions">
          {locked && <Button kind="quiet" onClick={() => ask({ act: 'unlock', item })} label={`Unlock ${name}…`}>Unlock…</Button>}
          <Button kind="quiet" onClick={() => ask({ act: 'purge', item })} label={`Purge ${name}…`}>Purge…</Button>
        </Cell>
      )}
    </tr>
  );
}

function AskDialog({ endpoint, asked, onClose, renew }: { endpoint: Endpoint; asked: Asked; onClose: () => void; renew: () => void }) {
  const { act, item } = asked;
  const body = item === 'all' ? { all: true } : { ids: [item.id] };
  const path = `/endpoints/${segment(endpoint.id)}/queue`;
  const number = item !== 'all' ? 1 : act === 'purge' ? endpoint.queueDepth : (endpoint.mailbox?.locked ?? 0);
  const what = item === 'all' ? counted(number, 'message') : 'this message';
  const unlock = async () => {
    const { retried } = await post<{ retried: number }>(`${path}/retry`, body);
    tell(retried === 0 ? 'Nothing was locked any more.' : `${counted(retried, 'message is', 'messages are')} unlocked.`);
    renew();
  };
  const purge = async () => {
    const { purged } = await post<{ purged: number }>(`${path}/purge`, body);
    tell(`${counted(purged, 'message was', 'messages were')} purged.`);
    renew();
  };
  if (act === 'unlock') {
    return (
      <Confirm title={`Unlock ${what}?`} word={`Unlock ${counted(number, 'message')}`} onConfirm={unlock} onClose={onClose}>
        <p>{number === 1 ? 'It is' : 'They are'} given out again, in the old order. Whoever has {number === 1 ? 'the lock' : 'a lock'} can confirm with it no more, and may have handled the message all the same.</p>
      </Confirm>
    );
  }
  return (
    <Confirm title={item === 'all' ? 'Purge the mailbox?' : 'Purge this message?'} word={`Purge ${counted(number, 'message')}`} danger onConfirm={purge} onClose={onClose}>
      <p>{counted(number, 'message')} will be cancelled, locked or not: the client of {endpoint.name} will not get {number === 1 ? 'it' : 'them'}.</p>
    </Confirm>
  );
}

export function MailboxQueue({ endpoint, refresh }: { endpoint: Endpoint; refresh: () => void }) {
  const { can } = useStore(session);
  const typeName = useChangeTypeName();
  const [asked, setAsked] = useState<Asked>();
  const path = `/endpoints/${segment(endpoint.id)}/queue`;
  const pages = usePaged<QueueItem>((cursor, signal) => get<Page<QueueItem>>(path, { limit: 10, cursor }, signal), 2000, `${endpoint.id} queue`);
  const list = pages.data?.items ?? [];
  const locked = endpoint.mailbox?.locked ?? list.filter(isLocked).length;
  const renew = () => {
    pages.refresh();
    refresh();
  };
  const columns = ['Item', 'State', '#Sequence', '#Locked so far', 'Lock ends', ...(can.manage ? ['!Actions'] : [])];
  return (
    <section>
      <div class="section-head">
        <h2>Messages</h2>
        {can.manage && endpoint.queueDepth > 0 && (
          <div class="actions">
            {locked > 0 && <Button onClick={() => setAsked({ act: 'unlock', item: 'all' })}>Unlock all…</Button>}
            <Button onClick={() => setAsked({ act: 'purge', item: 'all' })}>Purge the mailbox…</Button>
          </div>
        )}
      </div>
      <ProblemNote problem={pages.problem} />
      {pages.data && list.length === 0 && <Empty title="Nothing waits for its client." />}
      {list.length > 0 && (
        <Table caption="Messages in the mailbox" columns={columns} stale={pages.stale}>
          {list.map((item) => <Row key={item.id} item={item} name={`${typeName(item.changeType)} ${item.itemId}`} manage={can.manage} ask={setAsked} />)}
        </Table>
      )}
      <Pager label="Pages of the mailbox" number={pages.number} next={pages.next} previous={pages.previous} />
      {asked && <AskDialog endpoint={endpoint} asked={asked} onClose={() => setAsked(undefined)} renew={renew} />}
    </section>
  );
}
