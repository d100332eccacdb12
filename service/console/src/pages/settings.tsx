// What is in force, and where each value comes from. Secrets are redacted by the service.
import { get } from '../api/client';
import type { Setting } from '../api/fleet-types';
import { Empty, Loading } from '../parts/empty';
import { Filters, TextFilter } from '../parts/filters';
import { ProblemNote } from '../parts/problem-note';
import { Cell, Table } from '../parts/table';
import { usePoll } from '../state/poll';
import { linkTo } from '../state/router';

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value) ?? '');

/** Shown first is what somebody has set; the defaults follow. */
const isDefault = ({ source }: Setting): boolean => source.toLowerCase() === 'default';

export function Settings({ query }: { query: Readonly<Record<string, string>> }) {
  const { data, problem, refresh } = usePoll<{ items: Setting[] }>((signal) => get('/settings', {}, signal), null, 'settings');
  const words = (query['search'] ?? '').toLowerCase();
  const list = (data?.items ?? []).filter(({ key, value, source }) => `${key} ${shown(value)} ${source}`.toLowerCase().includes(words));
  const sorted = [...list].sort((a, b) => Number(isDefault(a)) - Number(isDefault(b)));
  return (
    <>
      <h1>Settings</h1>
      <p class="lead">What is in force in the process that answered, and where each value comes from. They are changed in its appsettings, its environment or its command line.</p>
      <Filters><TextFilter name="search" label="Search" value={query['search']} placeholder="Key, value or source" /></Filters>
      <ProblemNote problem={problem} onRetry={refresh} />
      {!data && !problem && <Loading />}
      {data && list.length === 0 && <Empty title="No setting fits."><p><a href={linkTo('settings')}>Show all</a></p></Empty>}
      {list.length > 0 && (
        <Table caption="Settings, those that somebody set first" columns={['Key', 'Value', 'Source']}>
          {sorted.map((setting) => (
            <tr key={setting.key} class={isDefault(setting) ? 'past' : undefined}>
              <Cell label="Key" kind="main"><code>{setting.key}</code></Cell>
              <Cell label="Value" kind="wide"><code>{shown(setting.value) || '–'}</code></Cell>
              <Cell label="Source" kind="wide">{setting.source}</Cell>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}
