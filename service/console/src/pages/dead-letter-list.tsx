// Dead letters one by one, newest first: choose some, or take all that fit.
import { useEffect, useState } from 'preact/hooks';
import { get, segment } from '../api/client';
import type { DeadLetter, DeadLetterPage } from '../api/types';
import { Badge } from '../parts/badge';
import { BulkDialog, type Bulk } from '../parts/bulk';
import { Button } from '../parts/button';
import { Loading } from '../parts/empty';
import { Check } from '../parts/field';
import { Pager } from '../parts/pager';
import { ProblemNote } from '../parts/problem-note';
import { Cell, Table } from '../parts/table';
import { When } from '../parts/when';
import { noteEndpointName } from '../state/catalogue';
import { usePaged } from '../state/paged';
import { linkTo, narrow } from '../state/router';
import { session } from '../state/session';
import { useStore } from '../state/store';
import { count, counted } from '../text/numbers';
import { isNarrowed, listQuery, type LetterQuery } from '../text/letters';
import { reasonWords } from '../text/words';
import { purgeLetters, retryLetters } from './dead-letter-bulk';
import { NoLetters } from './dead-letter-groups';

interface RowProps {
  letter: DeadLetter;
  query: LetterQuery;
  chosen: boolean;
  onChoose: ((on: boolean) => void) | null;
}

function Row({ letter, query, chosen, onChoose }: RowProps) {
  const name = `${letter.changeTypeName} ${letter.itemId}`;
  return (
    <tr class={letter.supersededAt ? 'past' : undefined}>
      {onChoose && (
        <Cell label="Choose" kind="actions">
          <label class="tick"><input type="checkbox" checked={chosen} aria-label={`Choose ${name} of ${letter.endpointName ?? letter.endpointId}`} onChange={(event) => onChoose(event.currentTarget.checked)} /></label>
        </Cell>
      )}
      <Cell label="Letter" kind="main"><a href={linkTo('dead-letters', { ...query, letter: letter.id })}>{name}</a></Cell>
      <Cell label="Endpoint">{letter.endpointName ?? letter.endpointId}</Cell>
      <Cell label="Reason">
        <Badge tone="bad">{reasonWords[letter.reason]}</Badge> {letter.supersededAt && <Badge tone="quiet">superseded</Badge>}
      </Cell>
      <Cell label="Last answer" kind="wide">{letter.lastError ?? letter.lastStatus}</Cell>
      <Cell label="Attempts" kind="number">{letter.attempts}</Cell>
      <Cell label="Died"><When at={letter.deadAt} /></Cell>
    </tr>
  );
}

/** A group of causes is shown by what one of its letters has: endpoint, reason and status. */
function useLikeness(query: LetterQuery): boolean {
  const { like, by } = query;
  useEffect(() => {
    if (!like) return;
    get<DeadLetter>(`/dead-letters/${segment(like)}`).then(
      (letter) => {
        const cause = { endpointId: letter.endpointId, reason: letter.reason, status: letter.lastStatus };
        narrow({ like: null, by: null, ...(by === 'changeType' ? { changeType: letter.changeType } : cause) });
      },
      () => narrow({ like: null, by: null }),
    );
  }, [like]);
  return Boolean(like);
}

const total = ({ total: found, totalIsExact }: DeadLetterPage): string =>
  totalIsExact ? counted(found, 'letter') : `more than ${counted(found, 'letter')}`;

export function DeadLetterList({ query }: { query: LetterQuery }) {
  const looking = useLikeness(query);
  return looking ? <Loading /> : <Letters query={query} />;
}

function Letters({ query }: { query: LetterQuery }) {
  const { can } = useStore(session);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [bulk, setBulk] = useState<Bulk>();
  const asked = listQuery(query);
  const key = JSON.stringify(asked);
  useEffect(() => setChosen(new Set()), [key]);
  const pages = usePaged<DeadLetter, DeadLetterPage>(
    async (cursor, signal) => {
      const page = await get<DeadLetterPage>('/dead-letters', { ...asked, limit: 50, cursor }, signal);
      for (const { endpointId, endpointName } of page.items) if (endpointName) noteEndpointName(endpointId, endpointName);
      return page;
    },
    5000,
    key,
  );
  const { data } = pages;
  const list = data?.items ?? [];
  const ids = [...chosen];
  const choose = (letters: readonly DeadLetter[], on: boolean) => {
    const next = new Set(chosen);
    for (const { id } of letters) if (on && next.size < 1000) next.add(id); else next.delete(id);
    setChosen(next);
  };
  const all = list.length > 0 && list.every(({ id }) => chosen.has(id));
  const changed = () => {
    setChosen(new Set());
    pages.refresh();
  };
  const columns = ['Letter', 'Endpoint', 'Reason', 'Last answer', '#Attempts', 'Died'];
  const which = isNarrowed(query) ? 'all letters that fit' : 'all letters';
  return (
    <>
      <ProblemNote problem={pages.problem} />
      {!data && !pages.problem && <Loading />}
      {data && list.length === 0 && pages.number === 1 && <NoLetters narrowed={isNarrowed(query)} />}
      {data && list.length > 0 && (
        <>
          <div class="bulk-bar">
            {can.manage && <Check checked={all} onChange={(on) => choose(list, on)}>Choose this page</Check>}
            <p role="status">{chosen.size > 0 ? `${count(chosen.size)} chosen of ${total(data)}` : total(data)}</p>
            {can.manage && (chosen.size > 0 ? (
              <>
                <Button kind="primary" onClick={() => setBulk(retryLetters({ ids }, counted(chosen.size, 'letter')))}>Retry the chosen…</Button>
                <Button onClick={() => setBulk(purgeLetters({ ids }, counted(chosen.size, 'letter')))}>Purge the chosen…</Button>
                <Button kind="quiet" onClick={() => setChosen(new Set())}>Choose none</Button>
              </>
            ) : (
              <>
                <Button onClick={() => setBulk(retryLetters({ query }, which))}>Retry all that fit…</Button>
                <Button kind="quiet" onClick={() => setBulk(purgeLetters({ query }, which))}>Purge all that fit…</Button>
              </>
            ))}
          </div>
          <Table caption="Dead letters, newest first" columns={can.manage ? ['!Choose', ...columns] : columns} stale={pages.stale}>
            {list.map((letter) => (
              <Row key={letter.id} letter={letter} query={query} chosen={chosen.has(letter.id)} onChoose={can.manage ? (on) => choose([letter], on) : null} />
            ))}
          </Table>
        </>
      )}
      <Pager label="Pages of dead letters" number={pages.number} next={pages.next} previous={pages.previous} />
      {bulk && <BulkDialog bulk={bulk} onClose={() => setBulk(undefined)} onChanged={changed} />}
    </>
  );
}
