// What is held back, because it may not be quiet yet.
import { useState } from 'preact/hooks';
import { call, get } from '../api/client';
import type { Overview } from '../api/fleet-types';
import type { Page, Window } from '../api/types';
import { useAct } from '../parts/act';
import { Button } from '../parts/button';
import { Confirm } from '../parts/confirm';
import { Empty, Loading } from '../parts/empty';
import { ChangeTypeFilter, Filters, TextFilter } from '../parts/filters';
import { PublishLine } from '../parts/first-steps';
import { Pager } from '../parts/pager';
import { ProblemNote } from '../parts/problem-note';
import { Cell, Table } from '../parts/table';
import { When } from '../parts/when';
import { useChangeTypeName } from '../state/catalogue';
import { tell } from '../state/notices';
import { usePaged } from '../state/paged';
import { usePoll } from '../state/poll';
import { linkTo } from '../state/router';
import { session } from '../state/session';
import { useStore } from '../state/store';
import { count, counted } from '../text/numbers';

type Query = Readonly<Record<string, string>>;

const most = 500;

/** How many windows a filter means: of all of them the overview tells it, of some the first 500 are counted. */
async function countOf(query: Query, signal: AbortSignal): Promise<{ number: number; exact: boolean }> {
  const { changeType, itemId } = query;
  if (!changeType && !itemId) {
    const { windowsOpen } = await get<Overview>('/overview', {}, signal);
    if (windowsOpen !== null) return { number: windowsOpen, exact: true };
  }
  const page = await get<Page<Window>>('/windows', { changeType, itemId, limit: most }, signal);
  return { number: page.items.length, exact: page.nextCursor === null };
}

async function flush(query: { changeType?: string | number; itemId?: string | number }): Promise<string> {
  const { body } = await call<{ flushed: number }>('POST', '/windows/flush', { query: { ...query } });
  return `${counted(body.flushed, 'window was', 'windows were')} fired.`;
}

function FlushDialog({ query, onClose, onDone }: { query: Query; onClose: () => void; onDone: () => void }) {
  const { data, problem } = usePoll((signal) => countOf(query, signal), 1000, 'count');
  const number = data ? (data.exact ? counted(data.number, 'window') : `more than ${counted(data.number, 'window')}`) : '…';
  const { changeType, itemId } = query;
  const act = async () => {
    tell(await flush({ ...(changeType ? { changeType } : {}), ...(itemId ? { itemId } : {}) }));
    onDone();
  };
  return (
    <Confirm title="Fire windows now?" word={`Fire ${number} now`} disabled={!data || data.number === 0} onConfirm={act} onClose={onClose}>
      <p role="status">{data?.number === 0 ? 'None is open any more.' : `${number} will be fired at once instead of when they are due. Everybody who asked for these changes is told; what changes afterwards opens new windows.`}</p>
      <ProblemNote problem={problem} />
    </Confirm>
  );
}

function Row({ window, name, mayFlush, onDone }: { window: Window; name: string; mayFlush: boolean; onDone: () => void }) {
  const act = useAct();
  const fire = () =>
    act.run(async () => {
      const told = await flush({ changeType: window.changeType, itemId: window.itemId });
      onDone();
      return told;
    });
  return (
    <tr>
      <Cell label="Item" kind="main"><a href={linkTo('items', { changeType: window.changeType, itemId: window.itemId })}>{name}</a></Cell>
      <Cell label="Events folded" kind="number">{count(window.events)}</Cell>
      <Cell label="Held back for"><When at={window.firstAt} as="span" /></Cell>
      <Cell label="Due"><When at={window.dueAt} as="soon" /></Cell>
      {mayFlush && <Cell label="Actions" kind="actions"><Button kind="quiet" busy={act.busy} onClick={fire} label={`Fire now: the window of ${name}`}>Fire now</Button></Cell>}
    </tr>
  );
}

export function Windows({ query }: { query: Query }) {
  const { can } = useStore(session);
  const typeName = useChangeTypeName();
  const [flushing, setFlushing] = useState(false);
  const { changeType, itemId } = query;
  const narrowed = Boolean(changeType || itemId);
  const pages = usePaged<Window>(
    (cursor, signal) => get<Page<Window>>('/windows', { changeType, itemId, limit: 50, cursor }, signal),
    2000,
    JSON.stringify([changeType, itemId]),
  );
  const list = pages.data?.items ?? [];
  return (
    <>
      <div class="page-head">
        <h1>Windows</h1>
        {can.flush && list.length > 0 && <div class="actions"><Button onClick={() => setFlushing(true)}>{narrowed ? 'Fire all that fit…' : 'Fire all now…'}</Button></div>}
      </div>
      <p class="lead">A window holds the changes of one item back until they have gone quiet. Then everybody who asked is told once.</p>
      <Filters>
        <ChangeTypeFilter value={changeType} />
        <TextFilter name="itemId" label="Item" value={itemId} />
      </Filters>
      <ProblemNote problem={pages.problem} />
      {!pages.data && !pages.problem && <Loading />}
      {pages.data && list.length === 0 && (
        <Empty title={narrowed ? 'No open window fits.' : 'No window is open: everything has gone quiet.'}>
          {!narrowed && <><p>An event opens one:</p><PublishLine /></>}
        </Empty>
      )}
      {list.length > 0 && (
        <Table caption="Open windows" columns={['Item', '#Events folded', 'Held back for', 'Due', ...(can.flush ? ['!Actions'] : [])]} stale={pages.stale}>
          {list.map((window) => (
            <Row key={`${window.changeType} ${typeof window.itemId} ${window.itemId}`} window={window} name={`${typeName(window.changeType)} ${window.itemId}`} mayFlush={can.flush} onDone={pages.refresh} />
          ))}
        </Table>
      )}
      <Pager label="Pages of windows" number={pages.number} next={pages.next} previous={pages.previous} />
      {flushing && <FlushDialog query={query} onClose={() => setFlushing(false)} onDone={pages.refresh} />}
    </>
  );
}
