// One endpoint: how it is, why, what waits for it, and what came of its attempts.
import { get, segment } from '../api/client';
import type { DeadLetterPage, Endpoint } from '../api/types';
import { HealthBadge } from '../parts/badge';
import { Loading } from '../parts/empty';
import { ProblemNote } from '../parts/problem-note';
import { Sparkline } from '../parts/sparkline';
import { When } from '../parts/when';
import { noteEndpointName } from '../state/catalogue';
import { usePoll } from '../state/poll';
import { linkTo } from '../state/router';
import { session } from '../state/session';
import { useStore } from '../state/store';
import { addressOf, isMailbox } from '../text/mailbox';
import { count, counted } from '../text/numbers';
import { why } from '../text/why';
import { EndpointActions } from './endpoint-actions';
import { AttemptTimeline } from './endpoint-attempts';
import { EndpointFacts } from './endpoint-facts';
import { QueueList } from './endpoint-queue';
import { MailboxFacts, MailboxFigures } from './mailbox';
import { MailboxQueue } from './mailbox-queue';

const everyMs = 2000;

function State({ endpoint }: { endpoint: Endpoint }) {
  const mailbox = isMailbox(endpoint);
  const reason = why(endpoint.health, endpoint.pausedReason, endpoint.consecutiveFailures, mailbox);
  const last = endpoint.lastSuccessAt;
  const told = mailbox ? 'Its client confirmed a message' : 'It was told';
  const never = mailbox ? 'Its client has not confirmed a message yet.' : 'It has not been told of anything yet.';
  return (
    <div class={`note state ${endpoint.health === 'healthy' ? 'good' : endpoint.health === 'paused' && endpoint.pausedReason === 'operator' ? 'info' : 'bad'}`}>
      <p>
        <HealthBadge health={endpoint.health} reason={endpoint.pausedReason} />{' '}
        {reason ? reason.because : last ? <>{told} <When at={last} />.</> : never}
      </p>
      {reason && (
        <dl class="inline-facts">
          {endpoint.lastError && <><dt>Last error</dt><dd>{endpoint.lastError}</dd></>}
          {endpoint.nextAttemptAt && <><dt>Next attempt</dt><dd><When at={endpoint.nextAttemptAt} as="soon" /></dd></>}
          <dt>{mailbox ? 'Last confirmed' : 'Last success'}</dt><dd><When at={last} none="never" /></dd>
        </dl>
      )}
      {reason && <p class="helps">{reason.helps}</p>}
      {endpoint.missed && (
        <p>It missed {counted(endpoint.missed.count, 'event')} while its queue was full, sequences {endpoint.missed.firstSequence} to {endpoint.missed.lastSequence}.</p>
      )}
    </div>
  );
}

/** Counted now and then only: letters are the business of their own page. */
function Letters({ id }: { id: string }) {
  const { data } = usePoll<DeadLetterPage>((signal) => get('/dead-letters', { endpointId: id, superseded: false, limit: 1 }, signal), 10_000, id);
  if (!data || data.total === 0) return <>none</>;
  return <a href={linkTo('dead-letters', { endpointId: id })}>{data.totalIsExact ? count(data.total) : `more than ${count(data.total)}`}</a>;
}

export function EndpointPage({ id, query }: { id: string; query: Readonly<Record<string, string>> }) {
  const { can } = useStore(session);
  const { data, problem, refresh } = usePoll<Endpoint>(
    async (signal) => {
      const endpoint = await get<Endpoint>(`/endpoints/${segment(id)}`, {}, signal);
      noteEndpointName(id, endpoint.name);
      return endpoint;
    },
    everyMs,
    id,
  );
  const crumbs = <p class="crumbs"><a href={linkTo('endpoints')}>Endpoints</a></p>;
  if (!data || problem?.status === 404) {
    return (
      <>
        {crumbs}
        <h1>{problem?.status === 404 ? 'There is no such endpoint' : 'Endpoint'}</h1>
        {problem?.status === 404 ? <p>It may have been deleted. Its dead letters, if any, are still <a href={linkTo('dead-letters', { endpointId: id })}>there</a>.</p> : problem ? <ProblemNote problem={problem} /> : <Loading />}
      </>
    );
  }
  const mailbox = isMailbox(data);
  return (
    <>
      {crumbs}
      <div class="page-head">
        <div>
          <h1>{data.name}</h1>
          <p class="url">{mailbox ? 'Mailbox: its client comes for the messages' : addressOf(data)}</p>
        </div>
        {can.manage && <EndpointActions endpoint={data} refresh={refresh} />}
      </div>
      <ProblemNote problem={problem} />
      <State endpoint={data} />
      <dl class="figures-row">
        <div class="figure"><dt>In the queue</dt><dd>{count(data.queueDepth)}</dd></div>
        <div class="figure"><dt>Dead letters</dt><dd><Letters id={id} /></dd></div>
        {data.mailbox && <MailboxFigures mailbox={data.mailbox} />}
        {!mailbox && <div class="figure broad"><dt>Attempts in 24 hours</dt><dd><Sparkline endpointId={id} wide /></dd></div>}
      </dl>
      {mailbox ? (
        <>
          <MailboxQueue endpoint={data} refresh={refresh} />
          <MailboxFacts endpoint={data} />
        </>
      ) : (
        <>
          <QueueList endpoint={data} refresh={refresh} />
          <AttemptTimeline endpoint={data} outcome={query['outcome']} />
          <EndpointFacts endpoint={data} />
        </>
      )}
    </>
  );
}
