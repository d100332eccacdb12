// Who is told, and how that goes.
import { useState } from 'preact/hooks';
import { get } from '../api/client';
import type { Endpoint, Page } from '../api/types';
import { HealthBadge } from '../parts/badge';
import { Button, ButtonLink } from '../parts/button';
import { Empty, Loading } from '../parts/empty';
import { Explain } from '../parts/explain';
import { ChangeTypeFilter, ChoiceFilter, Filters, TextFilter } from '../parts/filters';
import { RegisterLine } from '../parts/first-steps';
import { Pager } from '../parts/pager';
import { ProblemNote } from '../parts/problem-note';
import { Sparkline } from '../parts/sparkline';
import { Cell, Table } from '../parts/table';
import { When } from '../parts/when';
import { noteEndpointName } from '../state/catalogue';
import { usePaged } from '../state/paged';
import { endpointLink, linkTo } from '../state/router';
import { session } from '../state/session';
import { useStore } from '../state/store';
import { addressOf, isMailbox } from '../text/mailbox';
import { count } from '../text/numbers';

type Query = Readonly<Record<string, string>>;

const healthOptions = [['', 'All'], ['healthy', 'Healthy'], ['failing', 'Failing'], ['open', 'Breaker open'], ['paused', 'Paused']] as const;

/** One box searches names; what looks like an address searches addresses. */
function searched(text: string | undefined): { name?: string; url?: string } {
  if (!text) return {};
  return /[/:.]/.test(text) ? { url: text } : { name: text };
}

function Row({ endpoint }: { endpoint: Endpoint }) {
  return (
    <tr>
      <Cell label="Endpoint" kind="main">
        <a href={endpointLink(endpoint.id)}>{endpoint.name}</a>
        <span class="url">{addressOf(endpoint)}</span>
      </Cell>
      <Cell label="State"><HealthBadge health={endpoint.health} reason={endpoint.pausedReason} /></Cell>
      <Cell label="Queue" kind="number">{count(endpoint.queueDepth)}</Cell>
      <Cell label="24 hours">{isMailbox(endpoint) ? <span class="faint">–</span> : <Sparkline endpointId={endpoint.id} />}</Cell>
      <Cell label="Last success"><When at={endpoint.lastSuccessAt} none="never" /></Cell>
      <Cell label="Last error" kind="wide">
        {endpoint.lastError ? <span class={endpoint.health === 'healthy' ? 'faint' : undefined}>{endpoint.lastError}</span> : <span class="faint">–</span>}
      </Cell>
    </tr>
  );
}

function Nothing({ narrowed, mayRegister }: { narrowed: boolean; mayRegister: boolean }) {
  if (narrowed) return <Empty title="No endpoint fits."><p><a href={linkTo('endpoints')}>Show all</a></p></Empty>;
  return (
    <Empty title="No endpoint is registered.">
      <p>An endpoint is an address that is told of the changes it asks for.{mayRegister && ' Register one here, or from a terminal:'}</p>
      {mayRegister && <RegisterLine />}
    </Empty>
  );
}

export function Endpoints({ query }: { query: Query }) {
  const { can } = useStore(session);
  const [explaining, setExplaining] = useState(false);
  const { search, health, changeType } = query;
  const pages = usePaged<Endpoint>(
    async (cursor, signal) => {
      const page = await get<Page<Endpoint>>('/endpoints', { ...searched(search), health, changeType, limit: 50, cursor }, signal);
      for (const { id, name } of page.items) noteEndpointName(id, name);
      return page;
    },
    5000,
    JSON.stringify([search, health, changeType]),
  );
  const list = pages.data?.items;
  return (
    <>
      <div class="page-head">
        <h1>Endpoints</h1>
        <div class="actions">
          <Button onClick={() => setExplaining(true)}>Explain an event</Button>
          {can.manage && <ButtonLink kind="primary" href={linkTo('endpoints', { form: 'new' })}>Register an endpoint</ButtonLink>}
        </div>
      </div>
      <Filters>
        <TextFilter name="search" label="Search" value={search} placeholder="Name or address" />
        <ChoiceFilter name="health" label="State" value={health} options={healthOptions} />
        <ChangeTypeFilter value={changeType} />
      </Filters>
      <ProblemNote problem={pages.problem} />
      {!list && !pages.problem && <Loading />}
      {list?.length === 0 && <Nothing narrowed={Boolean(search || health || changeType)} mayRegister={can.manage} />}
      {list && list.length > 0 && (
        <Table caption="Endpoints" columns={['Endpoint', 'State', '#Queue', '24 hours', 'Last success', 'Last error']} stale={pages.stale}>
          {list.map((endpoint) => <Row key={endpoint.id} endpoint={endpoint} />)}
        </Table>
      )}
      <Pager label="Pages of endpoints" number={pages.number} next={pages.next} previous={pages.previous} />
      {explaining && <Explain onClose={() => setExplaining(false)} />}
    </>
  );
}
