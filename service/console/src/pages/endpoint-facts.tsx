// What an endpoint was registered with.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Endpoint } from '../api/types';
import { Button } from '../parts/button';
import { Explain } from '../parts/explain';
import { When } from '../parts/when';
import { secondsOf } from '../text/timespan';
import { deliveryWords, orderWords } from '../text/words';

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>;
}

function filterText({ filter }: Endpoint): string {
  if (filter === null) return 'all events of its change types';
  const parts = [
    filter.operations && `operation is ${filter.operations.join(' or ')}`,
    filter.events && `event is ${filter.events.join(' or ')}`,
    filter.fields && `changed ${filter.fields.join(' or ')}`,
    filter.scopes && `scope is ${filter.scopes.join(' or ')}`,
  ];
  return parts.filter(Boolean).join(', and ');
}

const standard = 'as the settings say';

export function EndpointFacts({ endpoint }: { endpoint: Endpoint }) {
  const [explaining, setExplaining] = useState(false);
  const headers = Object.keys(endpoint.headers);
  return (
    <section>
      <div class="section-head">
        <h2>Registration</h2>
        <Button onClick={() => setExplaining(true)}>Would it be told?</Button>
      </div>
      <dl class="facts">
        <Fact name="Change types">{endpoint.changeTypeNames.join(', ')}</Fact>
        <Fact name="Filter">{filterText(endpoint)}</Fact>
        <Fact name="Told">{deliveryWords[endpoint.delivery]}{endpoint.delivery === 'every' && `, ${orderWords[endpoint.order]}`}{endpoint.position !== null && `, position ${endpoint.position}`}</Fact>
        {endpoint.order === 'endpoint' && <Fact name="On failure">{endpoint.onFailure === 'stop' ? 'stop, the message stays at the head' : 'make a dead letter and go on'}</Fact>}
        {endpoint.results === 'body' && <Fact name="An answer means">what its body says</Fact>}
        <Fact name="Format">{endpoint.format}</Fact>
        <Fact name="Headers">{headers.length === 0 ? 'none' : headers.join(', ')}</Fact>
        <Fact name="Time-out">{endpoint.timeout === null ? standard : `${secondsOf(endpoint.timeout) ?? endpoint.timeout} s`}</Fact>
        <Fact name="Attempts at the same time">{endpoint.maxConcurrency ?? standard}</Fact>
        <Fact name="Attempts per second">{endpoint.rateLimitPerSecond ?? 'no limit'}</Fact>
        <Fact name="Registered"><When at={endpoint.createdAt} /></Fact>
        <Fact name="Changed"><When at={endpoint.updatedAt} /></Fact>
        <Fact name="Id"><code>{endpoint.id}</code></Fact>
      </dl>
      {explaining && <Explain endpointId={endpoint.id} onClose={() => setExplaining(false)} />}
    </section>
  );
}
