// A mailbox: an endpoint whose client comes for the messages. What it takes, how it stands, and how one is made.
import { get, segment } from '../api/client';
import type { Endpoint, MailboxView } from '../api/types';
import { Code } from '../parts/code';
import { ProblemNote } from '../parts/problem-note';
import { When } from '../parts/when';
import { useChangeTypes } from '../state/catalogue';
import { usePoll } from '../state/poll';
import { session } from '../state/session';
import { useStore } from '../state/store';
import { curlCall, curlPost } from '../text/curl';
import { subscriptionText } from '../text/mailbox';
import { count } from '../text/numbers';
import { span } from '../text/relative';

/** Asked for once: each such call counts as a sign that somebody still uses the mailbox. */
function useSubscriptions({ id }: Endpoint) {
  return usePoll<MailboxView>((signal) => get(`/mailboxes/${segment(id)}`, {}, signal), null, `${id} subscriptions`);
}

function Subscriptions({ endpoint }: { endpoint: Endpoint }) {
  const { data, problem } = useSubscriptions(endpoint);
  const list = data?.subscriptions;
  return (
    <>
      <ProblemNote problem={problem} />
      {list?.length === 0 && <span class="faint">none; nothing comes into it until its client subscribes</span>}
      {list && list.length > 0 && <ul class="plain-list">{list.map((one) => <li key={subscriptionText(one)}>{subscriptionText(one)}</li>)}</ul>}
    </>
  );
}

export function MailboxFacts({ endpoint }: { endpoint: Endpoint }) {
  const { can } = useStore(session);
  return (
    <section>
      <h2>Registration</h2>
      <dl class="facts">
        <div><dt>Subscriptions</dt><dd>{can.mailboxes ? <Subscriptions endpoint={endpoint} /> : endpoint.changeTypeNames.join(', ') || 'none'}</dd></div>
        <div><dt>Registered</dt><dd><When at={endpoint.createdAt} /></dd></div>
        <div><dt>Id</dt><dd><code>{endpoint.id}</code></dd></div>
      </dl>
    </section>
  );
}

export function MailboxFigures({ mailbox }: { mailbox: NonNullable<Endpoint['mailbox']> }) {
  return (
    <>
      <div class="figure"><dt>Locked</dt><dd>{count(mailbox.locked)}</dd></div>
      <div class="figure"><dt>Oldest message</dt><dd>{mailbox.oldestAgeMs === null ? '–' : span(mailbox.oldestAgeMs)}</dd></div>
      <div class="figure"><dt>Calls that wait here</dt><dd>{count(mailbox.waiting)}</dd></div>
    </>
  );
}

/** For whoever would register an endpoint and has no address that could be called. */
export function MailboxSteps() {
  const { config } = useStore(session);
  const types = useChangeTypes();
  const key = config?.authentication !== 'none';
  const subscribe = curlCall('PUT', `/mailboxes/$ID/subscriptions/${types[0]?.name ?? 'AssetChanged'}`, key);
  return (
    <details class="form-section">
      <summary>A receiver that cannot be called: a mailbox</summary>
      <div class="form-section-body">
        <p>Its client makes it, and comes for the messages. The answer has the id that the next calls need.</p>
        <Code what="the line that makes a mailbox" text={curlPost('/mailboxes', { name: 'my mailbox' }, key)} />
        <p>It says what it wants. A scope can stand behind it, as <code>?scope=AA</code>.</p>
        <Code what="the line that subscribes" text={subscribe} />
        <p>Then it waits, up to 90 seconds, and is answered as soon as there is a message.</p>
        <Code what="the line that waits for a message" text={curlCall('GET', '/mailboxes/$ID/messages?wait=90', key)} />
        <p class="hint">Each message is locked, handled and confirmed; one that is not confirmed comes again.</p>
      </div>
    </details>
  );
}
