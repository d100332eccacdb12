// Tells an endpoint again of everything that changed since a time: asks for the time, then goes the way of every bulk act.
import { useState } from 'preact/hooks';
import { post, segment } from '../api/client';
import type { Endpoint, Job, JobCount } from '../api/types';
import { BulkDialog, type Bulk } from '../parts/bulk';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Check, Field } from '../parts/field';
import { useChangeTypes } from '../state/catalogue';
import { now } from '../text/clock';
import { exact } from '../text/relative';
import { localInput } from '../text/dates';

function replayOf(endpoint: Endpoint, since: string, mask: number): Bulk {
  const path = `/endpoints/${segment(endpoint.id)}/replay`;
  const order = { since, ...(mask === endpoint.changeTypes ? {} : { changeTypes: mask }) };
  return {
    title: `Replay to ${endpoint.name}`,
    verb: 'Replay',
    past: 'told again',
    what: 'item',
    leaves: 'the filter of the endpoint does not let them pass',
    says: (
      <p>
        One notification for each item that changed since {exact(Date.parse(since))}, with its newest state and the header <code>Lull-Replay: true</code>. It goes
        below live traffic and merges with what waits.
      </p>
    ),
    count: () => post<JobCount>(path, { ...order, dryRun: true }),
    start: () => post<Job>(path, order),
  };
}

export function ReplayDialog({ endpoint, onClose }: { endpoint: Endpoint; onClose: () => void }) {
  const types = useChangeTypes().filter(({ value }) => (endpoint.changeTypes & value) !== 0);
  const [since, setSince] = useState(() => localInput(now() - 3_600_000));
  const [mask, setMask] = useState(endpoint.changeTypes);
  const [bulk, setBulk] = useState<Bulk>();
  if (bulk) return <BulkDialog bulk={bulk} onClose={onClose} />;
  const time = Date.parse(since);
  const ready = Number.isFinite(time) && mask !== 0;
  const action = (
    <Button kind="primary" disabled={!ready} onClick={() => setBulk(replayOf(endpoint, new Date(time).toISOString(), mask))}>Try it dry</Button>
  );
  return (
    <Dialog title={`Replay to ${endpoint.name}`} onClose={onClose} closeWord="Cancel" actions={action}>
      <p>Tells it again of every item that changed, for a receiver that lost something.</p>
      <Field label="Changed since" hint="In the time of this computer.">
        {(input) => <input {...input} type="datetime-local" step="1" value={since} onInput={(event) => setSince(event.currentTarget.value)} />}
      </Field>
      <Field label="Change types" group>
        {() => (
          <div class="checks">
            {types.map(({ name, value }) => (
              <Check key={value} checked={(mask & value) !== 0} onChange={(on) => setMask(on ? mask | value : mask & ~value)}>{name}</Check>
            ))}
          </div>
        )}
      </Field>
    </Dialog>
  );
}
