// Who would be told of an event, and why the others would not: the service's own judgement, which stores nothing.
import { useState } from 'preact/hooks';
import { call } from '../api/client';
import type { ExplainEvent, Explained, Explanation } from '../api/fleet-types';
import { asProblem, type Problem } from '../api/problem';
import type { Operation } from '../api/types';
import { useChangeTypes } from '../state/catalogue';
import { endpointLink } from '../state/router';
import { counted } from '../text/numbers';
import { errorsAtFields } from '../text/pointers';
import { listOf } from '../text/lists';
import { Badge } from './badge';
import { Button } from './button';
import { Dialog } from './dialog';
import { Field } from './field';
import { ProblemNote } from './problem-note';
import { Select } from './select';

const reasons = { mask: 'not its change type', filter: 'its filter', paused: 'paused' };
const pageSize = 500;

async function ask(event: ExplainEvent, endpointId: string | undefined): Promise<Explanation> {
  let cursor: string | null = null;
  for (;;) {
    const query = { limit: pageSize, cursor };
    const page: Explanation = (await call<Explanation>('POST', '/events/explain', { body: event, query })).body;
    if (endpointId === undefined) return page;
    const items = page.items.filter((item) => item.endpointId === endpointId);
    if (items.length > 0 || page.nextCursor === null) return { ...page, items, nextCursor: null };
    cursor = page.nextCursor;
  }
}

function Told({ entry }: { entry: Explained }) {
  return (
    <li>
      <Badge tone={entry.told ? 'good' : 'quiet'}>{entry.told ? 'told' : 'not told'}</Badge>{' '}
      <a href={endpointLink(entry.endpointId)}>{entry.name}</a>
      {!entry.told && <span class="faint"> {entry.detail ?? (entry.reason ? reasons[entry.reason] : '')}</span>}
    </li>
  );
}

function Result({ result }: { result: Explanation }) {
  const told = result.items.filter((item) => item.told).length;
  const sorted = [...result.items].sort((a, b) => Number(b.told) - Number(a.told));
  return (
    <div class="explained" role="status">
      <p>
        A {result.operation} of {result.changeTypeName}: {counted(told, 'endpoint')} of {result.items.length}
        {result.nextCursor !== null && ' of the first ones'} would be told.
      </p>
      <ul class="plain-list">{sorted.slice(0, 100).map((entry) => <Told key={entry.endpointId} entry={entry} />)}</ul>
      {sorted.length > 100 && <p class="faint">And {counted(sorted.length - 100, 'more')}.</p>}
    </div>
  );
}

const operations: readonly (readonly [Operation | '', string])[] = [
  ['', 'As the event says'], ['create', 'create'], ['update', 'update'], ['delete', 'delete'],
];

/** With an endpoint: of this one alone, as it is stored. */
export function Explain({ endpointId, onClose }: { endpointId?: string; onClose: () => void }) {
  const types = useChangeTypes();
  const events = types.flatMap((type) => type.events);
  const [type, setType] = useState('');
  const [operation, setOperation] = useState<Operation | ''>('');
  const [fields, setFields] = useState('');
  const [scope, setScope] = useState('');
  const [result, setResult] = useState<Explanation>();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const wrong = errorsAtFields(problem?.errors ?? [], ['/type', '/changedFields', '/scope']);

  const submit = (event: Event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    const asked: ExplainEvent = { type: type || (events[0] ?? ''), itemId: 1, baseId: 1 };
    if (operation) asked.operation = operation;
    if (scope.trim()) asked.scope = scope.trim();
    if (listOf(fields).length > 0) asked.changedFields = listOf(fields);
    ask(asked, endpointId)
      .then(setResult, (error) => setProblem(asProblem(error)))
      .finally(() => setBusy(false));
  };
  const submitButton = <Button type="submit" form="explain" kind="primary" busy={busy}>Explain</Button>;
  return (
    <Dialog title={endpointId ? 'Would it be told of an event?' : 'Who would be told of an event?'} onClose={onClose} actions={submitButton} wide>
      <p class="hint">Nothing is stored and nobody is told. Endpoints are judged as they are saved.</p>
      <form id="explain" class="grid-form" onSubmit={submit}>
        <Field label="Event" errors={wrong.at.get('/type')}>
          {(input) => <Select input={input} value={type || (events[0] ?? '')} options={events.map((name) => [name, name] as const)} onChange={setType} />}
        </Field>
        <Field label="Operation">{(input) => <Select input={input} value={operation} options={operations} onChange={setOperation} />}</Field>
        <Field label="Changed fields" hint="With commas between them." errors={wrong.at.get('/changedFields')}>
          {(input) => <input {...input} value={fields} onInput={(event) => setFields(event.currentTarget.value)} />}
        </Field>
        <Field label="Scope" errors={wrong.at.get('/scope')}>
          {(input) => <input {...input} value={scope} onInput={(event) => setScope(event.currentTarget.value)} />}
        </Field>
      </form>
      {problem && wrong.at.size === 0 && <ProblemNote problem={problem} />}
      {result && <Result result={result} />}
    </Dialog>
  );
}
