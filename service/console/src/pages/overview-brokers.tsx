// The brokers that take messages of endpoints: whether each is there, how much waits for it, and for how long.
import { useEffect } from 'preact/hooks';
import { get } from '../api/client';
import type { Broker, BrokerState } from '../api/fleet-types';
import { Badge, type Tone } from '../parts/badge';
import { ProblemNote } from '../parts/problem-note';
import { Cell, Table } from '../parts/table';
import { When } from '../parts/when';
import { usePoll } from '../state/poll';
import { count } from '../text/numbers';
import { measured } from '../text/relative';
import { secondsOf } from '../text/timespan';

const tones: Record<BrokerState, Tone> = { idle: 'quiet', connecting: 'info', connected: 'good', blocked: 'bad', away: 'bad', unavailable: 'bad' };

const spoken = { rabbitmq: 'AMQP 0-9-1', amqp: 'AMQP 1.0', stomp: 'STOMP' };

function behind({ lag }: Broker): string {
  const seconds = secondsOf(lag) ?? 0;
  return seconds === 0 ? '–' : measured(seconds * 1000);
}

/** `onAway` is told how many brokers take nothing although endpoints name them. */
export function Brokers({ onAway }: { onAway: (count: number) => void }) {
  const { data, problem } = usePoll<{ items: Broker[] }>((signal) => get('/brokers', {}, signal), 5000, 'brokers');
  const away = new Set(data?.items.filter(({ state }) => tones[state] === 'bad').map(({ name }) => name)).size;
  useEffect(() => onAway(away), [away]);
  if (problem && !data) return <ProblemNote problem={problem} />;
  if (!data || data.items.length === 0) return null;
  return (
    <section>
      <h2>Brokers</h2>
      <Table caption="Brokers that messages go to" columns={['Broker', 'State', 'Since', 'Last error', '#Endpoints', '#Queued', '#Behind', '#Confirmed']}>
        {data.items.map((broker) => (
          <tr key={`${broker.name} ${broker.protocol}`}>
            <Cell label="Broker" kind="main">{broker.name} {broker.protocol && <span class="faint">{spoken[broker.protocol]}</span>}</Cell>
            <Cell label="State"><Badge tone={tones[broker.state]}>{broker.state}</Badge></Cell>
            <Cell label="Since"><When at={broker.since} /></Cell>
            <Cell label="Last error" kind="wide">{broker.lastError ?? '–'}</Cell>
            <Cell label="Endpoints" kind="number">{count(broker.endpoints)}</Cell>
            <Cell label="Queued" kind="number">{count(broker.queued)}</Cell>
            <Cell label="Behind" kind="number">{behind(broker)}</Cell>
            <Cell label="Confirmed" kind="number">{count(broker.confirmed)}</Cell>
          </tr>
        ))}
      </Table>
    </section>
  );
}
