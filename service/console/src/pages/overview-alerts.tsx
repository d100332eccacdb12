// What happened lately that a person should look at; more of it on demand, page by page.
import { useState } from 'preact/hooks';
import { get } from '../api/client';
import type { Alert } from '../api/fleet-types';
import type { Page } from '../api/types';
import { Button } from '../parts/button';
import { Pager } from '../parts/pager';
import { ProblemNote } from '../parts/problem-note';
import { When } from '../parts/when';
import { useEndpointName } from '../state/catalogue';
import { usePaged } from '../state/paged';
import { endpointLink } from '../state/router';
import { count } from '../text/numbers';

/** Whose it is: an endpoint by its name, anything else as it is told. */
function Subject({ alert }: { alert: Alert }) {
  const { subject } = alert;
  const isEndpoint = subject.startsWith('ep_');
  const found = useEndpointName(isEndpoint && !alert.name ? subject : null);
  if (isEndpoint) return <a class="subject" href={endpointLink(subject)}>{alert.name ?? found}</a>;
  return subject === '' ? null : <b>{subject}</b>;
}

function AlertList({ list }: { list: readonly Alert[] }) {
  return (
    <ul class="alerts">
      {list.map((alert) => (
        <li key={`${alert.kind} ${alert.subject}`}>
          <span class="alert-time"><When at={alert.at} /></span>
          <span>
            <Subject alert={alert} /> {alert.sentence}
            {alert.count > 1 && <span class="faint"> {count(alert.count)} times so far.</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}

function AllAlerts() {
  const pages = usePaged<Alert>((cursor, signal) => get<Page<Alert>>('/alerts', { limit: 25, cursor }, signal), 10_000, 'alerts');
  return (
    <>
      <ProblemNote problem={pages.problem} />
      <AlertList list={pages.data?.items ?? []} />
      <Pager label="Pages of alerts" number={pages.number} next={pages.next} previous={pages.previous} />
    </>
  );
}

export function Alerts({ newest }: { newest: readonly Alert[] }) {
  const [all, setAll] = useState(false);
  if (newest.length === 0) return null;
  return (
    <section>
      <div class="section-head">
        <h2>Alerts</h2>
        {newest.length >= 10 && <Button kind="quiet" onClick={() => setAll(!all)} pressed={all}>Show all</Button>}
      </div>
      {all ? <AllAlerts /> : <AlertList list={newest} />}
    </section>
  );
}
