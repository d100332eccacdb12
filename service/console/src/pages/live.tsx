// What is delivered and fails now, over all endpoints. It can be held still to be read.
import { useState } from 'preact/hooks';
import { get } from '../api/client';
import type { Live } from '../api/fleet-types';
import { OutcomeBadge } from '../parts/badge';
import { Button } from '../parts/button';
import { Empty, Loading } from '../parts/empty';
import { ChoiceFilter, Filters } from '../parts/filters';
import { PublishLine } from '../parts/first-steps';
import { ProblemNote } from '../parts/problem-note';
import { Cell, Table } from '../parts/table';
import { When } from '../parts/when';
import { useChangeTypeName, useEndpointName } from '../state/catalogue';
import { usePoll } from '../state/poll';
import { endpointLink, linkTo, narrow } from '../state/router';
import { measured } from '../text/relative';
import { outcomeWords } from '../text/words';

type Query = Readonly<Record<string, string>>;

const options = [['', 'All'], ...Object.entries(outcomeWords)] as [string, string][];

function OnlyOf({ id }: { id: string }) {
  const name = useEndpointName(id);
  return <p class="chip"><span>Of {name}</span><Button kind="quiet" onClick={() => narrow({ endpointId: null })} label={`Attempts of all endpoints, not only of ${name}`}>×</Button></p>;
}

export function LivePage({ query }: { query: Query }) {
  const { outcome, endpointId } = query;
  const [paused, setPaused] = useState(false);
  const typeName = useChangeTypeName();
  const key = JSON.stringify([outcome, endpointId]);
  const { data, problem, stale } = usePoll<Live>((signal) => get('/live', { outcome, endpointId }, signal), paused ? null : 2000, key);
  return (
    <>
      <div class="page-head">
        <h1>Live</h1>
        <div class="actions"><Button kind={paused ? 'primary' : 'plain'} pressed={paused} onClick={() => setPaused(!paused)}>{paused ? 'Go on' : 'Hold still'}</Button></div>
      </div>
      <p class="lead" role="status">{paused ? 'Held still: nothing new is asked for.' : 'The newest attempts over all endpoints, every two seconds.'}</p>
      <Filters><ChoiceFilter name="outcome" label="Outcome" value={outcome} options={options} /></Filters>
      {endpointId && <OnlyOf id={endpointId} />}
      <ProblemNote problem={problem} />
      {!data && !problem && <Loading />}
      {data?.items.length === 0 && <Empty title="Nothing is being attempted."><p>An event that somebody asked for is told once things have gone quiet:</p><PublishLine /></Empty>}
      {data && data.items.length > 0 && (
        <Table caption="The newest attempts" columns={['When', 'Outcome', 'Endpoint', 'Item', '#Attempt', '#Took', 'Answer']} stale={stale}>
          {data.items.map((item) => (
            <tr key={`${item.messageId} ${item.endpointId} ${item.at}`}>
              <Cell label="When"><When at={item.at} /></Cell>
              <Cell label="Outcome"><OutcomeBadge outcome={item.outcome} result={item.result} /></Cell>
              <Cell label="Endpoint" kind="wide"><a href={endpointLink(item.endpointId)}>{item.endpointName ?? item.endpointId}</a></Cell>
              <Cell label="Item"><a href={linkTo('items', { changeType: item.changeType, itemId: item.itemId })}>{typeName(item.changeType)} {item.itemId}</a></Cell>
              <Cell label="Attempt" kind="minor">{item.attempt}</Cell>
              <Cell label="Took" kind="minor">{measured(item.durationMs)}</Cell>
              <Cell label="Answer" kind="wide">{item.error ?? item.status}</Cell>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}
