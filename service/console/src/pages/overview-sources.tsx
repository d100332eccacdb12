// Where events come from besides the API: whether each source works, how far behind it is, and a run at once.
import { useEffect } from 'preact/hooks';
import { get, post, segment } from '../api/client';
import type { Source, SourceState } from '../api/fleet-types';
import { Badge, type Tone } from '../parts/badge';
import { Button } from '../parts/button';
import { ProblemNote } from '../parts/problem-note';
import { Cell, Table } from '../parts/table';
import { When } from '../parts/when';
import { useAct } from '../parts/act';
import { usePoll } from '../state/poll';
import { session } from '../state/session';
import { useStore } from '../state/store';
import { count } from '../text/numbers';
import { measured } from '../text/relative';
import { secondsOf } from '../text/timespan';

const tones: Record<SourceState, Tone> = { running: 'info', waiting: 'good', failing: 'bad' };

/** Nobody knows it before the first run, or while the last one failed. */
function lagOf({ lag }: Source): string {
  const seconds = lag === null ? null : secondsOf(lag);
  if (seconds === null) return 'unknown';
  return seconds === 0 ? '–' : measured(seconds * 1000);
}

function RunNow({ source, onDone }: { source: Source; onDone: () => void }) {
  const act = useAct();
  const run = async () => {
    await post<Source>(`/sources/${segment(source.name)}/run`, undefined);
    onDone();
    return `${source.name} is being read.`;
  };
  return <Button kind="quiet" label={`Run now: ${source.name}`} busy={act.busy} onClick={() => act.run(run)}>Run now</Button>;
}

/** `onFailing` is told how many cannot be read. */
export function Sources({ onFailing }: { onFailing: (count: number) => void }) {
  const { can } = useStore(session);
  const { data, problem, refresh } = usePoll<{ items: Source[] }>((signal) => get('/sources', {}, signal), 5000, 'sources');
  const failing = data?.items.filter(({ state }) => state === 'failing').length ?? 0;
  useEffect(() => onFailing(failing), [failing]);
  if (problem && !data) return <ProblemNote problem={problem} />;
  if (!data || data.items.length === 0) return null;
  return (
    <section>
      <h2>Sources</h2>
      <Table caption="Sources of events" columns={['Source', 'State', 'Last run', 'Last error', '#Behind', '#Admitted', ...(can.run ? ['!Actions'] : [])]}>
        {data.items.map((source) => (
          <tr key={source.name}>
            <Cell label="Source" kind="main">{source.name} <span class="faint">{source.type}</span></Cell>
            <Cell label="State"><Badge tone={tones[source.state]}>{source.state}</Badge></Cell>
            <Cell label="Last run"><When at={source.lastRunAt} none="never" /></Cell>
            <Cell label="Last error" kind="wide">{source.lastError ?? '–'}</Cell>
            <Cell label="Behind" kind="number">{lagOf(source)}</Cell>
            <Cell label="Admitted" kind="number">{count(source.admitted)}</Cell>
            {can.run && <Cell label="Actions" kind="actions"><RunNow source={source} onDone={refresh} /></Cell>}
          </tr>
        ))}
      </Table>
    </section>
  );
}
