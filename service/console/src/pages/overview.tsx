// The page of the person on call: is anything stuck, whose, why, since when.
import { useState } from 'preact/hooks';
import { get } from '../api/client';
import type { Overview } from '../api/fleet-types';
import { ButtonLink } from '../parts/button';
import { Empty, Loading } from '../parts/empty';
import { ProblemNote } from '../parts/problem-note';
import { FirstSteps } from '../parts/first-steps';
import { noteEndpointName } from '../state/catalogue';
import { usePoll } from '../state/poll';
import { session } from '../state/session';
import { useStore } from '../state/store';
import { linkTo } from '../state/router';
import { count, rate } from '../text/numbers';
import { measured } from '../text/relative';
import { verdict } from '../text/verdict';
import { Alerts } from './overview-alerts';
import { AttentionList } from './overview-attention';
import { Brokers } from './overview-brokers';
import { Charts } from './overview-charts';
import { Sources } from './overview-sources';

const everyMs = 2000;

function Figure({ name, value, unit, href, alarming }: { name: string; value: string; unit?: string; href?: string; alarming?: boolean }) {
  const shown = <>{value}{unit && <small> {unit}</small>}</>;
  return (
    <div class={alarming ? 'figure alarming' : 'figure'}>
      <dt>{name}</dt>
      <dd>{href ? <a href={href}>{shown}</a> : shown}</dd>
    </div>
  );
}

function Figures({ data }: { data: Overview }) {
  const rates = data.rates;
  // The number counts superseded letters, too. These concern nobody any more, so they are no alarm.
  const matters = data.attention.some(({ deadLetters }) => deadLetters > 0);
  return (
    <dl class="figures-row">
      <Figure name="Accepted" value={rates ? rate(rates.acceptedPerSecond) : '–'} unit="/s" />
      <Figure name="Delivered" value={rates ? rate(rates.deliveredPerSecond) : '–'} unit="/s" />
      <Figure name="Windows open" value={data.windowsOpen === null ? '–' : count(data.windowsOpen)} href={linkTo('windows')} />
      <Figure name="In the queues" value={count(data.queueDepth + (data.streamDepth ?? 0))} href={linkTo('endpoints')} />
      <Figure name="In flight" value={count(data.inFlight)} href={linkTo('live')} />
      <Figure name="Oldest due" value={data.oldestDueAgeMs === 0 ? '–' : measured(data.oldestDueAgeMs)} alarming={data.oldestDueAgeMs > 30_000} />
      <Figure name="Dead letters" value={count(data.deadLetters)} href={linkTo('dead-letters', matters ? {} : { superseded: 'all' })} alarming={matters} />
    </dl>
  );
}

export function OverviewPage() {
  const { can } = useStore(session);
  const [failingSources, setFailingSources] = useState(0);
  const [brokersAway, setBrokersAway] = useState(0);
  const { data, problem } = usePoll<Overview>(
    async (signal) => {
      const overview = await get<Overview>('/overview', {}, signal);
      for (const { endpointId, name } of overview.attention) noteEndpointName(endpointId, name);
      return overview;
    },
    everyMs,
    'overview',
  );
  if (!data) {
    return (
      <>
        <h1>Overview</h1>
        {problem ? <ProblemNote problem={problem} /> : <Loading />}
      </>
    );
  }
  const told = verdict(data, { failingSources, brokersAway });
  return (
    <>
      <div class={`verdict is-${told.mood}`}>
        <h1>{told.sentence}</h1>
        <p>{told.detail}</p>
      </div>
      <ProblemNote problem={problem} />
      {told.mood === 'empty' ? (
        <Empty title="From nothing to a first notification">
          <FirstSteps />
          {can.manage && <p><ButtonLink href={linkTo('endpoints', { form: 'new' })} kind="primary">Register an endpoint</ButtonLink></p>}
        </Empty>
      ) : (
        <Figures data={data} />
      )}
      {data.attention.length > 0 && <AttentionList list={data.attention} total={data.attentionTotal} />}
      {told.mood !== 'empty' && can.fleet && <Charts />}
      {can.fleet && <Sources onFailing={setFailingSources} />}
      {can.fleet && <Brokers onAway={setBrokersAway} />}
      {can.fleet && <Alerts newest={data.alerts} />}
    </>
  );
}
