// Who needs a person, worst first.
import type { Attention } from '../api/fleet-types';
import { Badge, HealthBadge } from '../parts/badge';
import { Cell, Table } from '../parts/table';
import { When } from '../parts/when';
import { endpointLink, linkTo } from '../state/router';
import { count, counted } from '../text/numbers';
import { why } from '../text/why';

function Because({ entry }: { entry: Attention }) {
  const reason = why(entry.health, entry.pausedReason, 0);
  const growing = entry.groupsGrowing ? ' Its dead letters are growing.' : '';
  if (entry.health === 'healthy') return <>It has dead letters.{growing}</>;
  return (
    <>
      {entry.lastError ?? reason?.because}
      {growing}
      {entry.nextAttemptAt && <span class="faint"> Next attempt <When at={entry.nextAttemptAt} as="soon" />.</span>}
    </>
  );
}

export function AttentionList({ list, total }: { list: readonly Attention[]; total: number }) {
  return (
    <section>
      <h2>Needs attention</h2>
      <Table caption="Endpoints that need attention, worst first" columns={['Endpoint', 'State', 'Why', '#Queue', '#Dead letters', 'Last success']}>
        {list.map((entry) => (
          <tr key={entry.endpointId}>
            <Cell label="Endpoint" kind="main"><a href={endpointLink(entry.endpointId)}>{entry.name}</a></Cell>
            <Cell label="State">{entry.health === 'healthy' ? <Badge tone="warn">dead letters</Badge> : <HealthBadge health={entry.health} reason={entry.pausedReason} />}</Cell>
            <Cell label="Why" kind="wide"><Because entry={entry} /></Cell>
            <Cell label="Queue" kind="number">{count(entry.queueDepth)}</Cell>
            <Cell label="Dead letters" kind="number">
              {entry.deadLetters > 0 ? <a href={linkTo('dead-letters', { endpointId: entry.endpointId })}>{count(entry.deadLetters)}</a> : '0'}
            </Cell>
            <Cell label="Last success"><When at={entry.lastSuccessAt} none="never" /></Cell>
          </tr>
        ))}
      </Table>
      {total > list.length && (
        <p class="faint">
          And {counted(total - list.length, 'more endpoint', 'more endpoints')}: <a href={linkTo('endpoints', { health: 'open' })}>open</a>,{' '}
          <a href={linkTo('endpoints', { health: 'failing' })}>failing</a>, <a href={linkTo('endpoints', { health: 'paused' })}>paused</a>,{' '}
          <a href={linkTo('dead-letters', { by: 'endpoint' })}>with dead letters</a>.
        </p>
      )}
    </section>
  );
}
