// Throughput and lag of the last hour. Only the steps that are new are asked for.
import { useRef } from 'preact/hooks';
import { get } from '../api/client';
import type { History, HistoryStep } from '../api/fleet-types';
import { Chart } from '../parts/chart';
import { Empty } from '../parts/empty';
import { PublishLine } from '../parts/first-steps';
import { usePoll } from '../state/poll';
import { linkTo } from '../state/router';
import { now } from '../text/clock';
import { appended, sum } from '../text/history';
import { count, counted } from '../text/numbers';
import { measured, tickOf } from '../text/relative';

const hourMs = 3_600_000;
const stepMs = 10_000;
const leastMs = 600_000;

interface Hour {
  steps: HistoryStep[];
  to: number;
}

function useHour() {
  const kept = useRef<HistoryStep[]>([]);
  return usePoll<Hour>(
    async (signal) => {
      const from = now() - hourMs;
      const last = kept.current.at(-1);
      const since = new Date(last ? Date.parse(last.at) + stepMs : from).toISOString();
      const history = await get<History>('/history', { step: '00:00:10', since }, signal);
      kept.current = appended(kept.current, history.items, from);
      return { steps: kept.current, to: now() };
    },
    stepMs,
    'history',
  );
}

export function Charts() {
  const { data } = useHour();
  if (!data) return <div class="charts waiting" aria-busy="true" />;
  const { steps, to } = data;
  const times = steps.map(({ at }) => Date.parse(at) / 1000);
  // A service that has just been started shows more than a sliver at the right.
  const first = (times[0] ?? 0) * 1000;
  const common = { times, from: Math.max(to - hourMs, Math.min(first, to - leastMs)) / 1000, to: to / 1000 };
  const delivered = sum(steps, 'delivered');
  const failed = sum(steps, 'failed');
  const lags = steps.map(({ lagP99Ms }) => lagP99Ms ?? 0);
  const lag = lags.length > 0 ? Math.max(...lags) : 0;
  return (
    <>
      <div class="charts">
        <Chart
          {...common}
          title="Throughput, per 10 s"
          summary={`In the last hour ${counted(sum(steps, 'accepted'), 'event')} accepted, ${counted(delivered, 'notification')} delivered, ${counted(failed, 'attempt')} failed.`}
          format={count}
          series={[
            { name: 'Accepted', colour: 'quiet', dash: true, values: steps.map(({ accepted }) => accepted ?? null) },
            { name: 'Delivered', colour: 'accent', fill: true, values: steps.map((step) => step.delivered ?? null) },
            { name: 'Failed', colour: 'bad', values: steps.map((step) => step.failed ?? null) },
          ]}
        />
        <Chart
          {...common}
          title="Lag, from due to delivered"
          summary={lag > 0 ? `At worst ${measured(lag)} for one delivery in a hundred in the last hour.` : 'Nothing was delivered in the last hour.'}
          format={measured}
          tick={tickOf}
          series={[
            { name: 'Half within', colour: 'accent', values: steps.map(({ lagP50Ms }) => lagP50Ms ?? null) },
            { name: '99 % within', colour: 'quiet', dash: true, values: steps.map(({ lagP99Ms }) => lagP99Ms ?? null) },
          ]}
        />
      </div>
      {sum(steps, 'accepted') === 0 && delivered === 0 && (
        <Empty title="Nothing has changed in the last hour.">
          <p>Publish an event. Who asked for it is told once things have gone quiet, which takes <code>Debouncing:Interval</code> (<a href={linkTo('settings')}>settings</a>):</p>
          <PublishLine />
        </Empty>
      )}
    </>
  );
}
