// How an endpoint is told: merged or not, in what order, what an answer means, in what words. Only combinations that the
// service knows are offered.
import { useEffect, useState } from 'preact/hooks';
import { get } from '../api/client';
import type { Delivery, Format, OnFailure, Order, Page, Results } from '../api/types';
import { Field } from '../parts/field';
import { Select } from '../parts/select';
import { emptyDraft } from '../text/draft';
import { deliveryWords, orderWords } from '../text/words';
import { Section, TextField, type FormProps } from './endpoint-form';

const entries = <T extends string>(words: Record<T, string>) => Object.entries(words) as [T, string][];

const failures: readonly (readonly [OnFailure, string])[] = [
  ['skip', 'make it a dead letter and go on'],
  ['stop', 'stop, and keep it at the head'],
];

const meanings: readonly (readonly [Results, string])[] = [
  ['status', 'its status alone'],
  ['body', 'what its body says: OK, Error, ErrorAndSkip, SkipNow'],
];

function useFormats(): readonly Format[] {
  const [list, setList] = useState<readonly Format[]>([]);
  useEffect(() => {
    get<Page<Format>>('/formats').then((page) => setList(page.items), () => undefined);
  }, []);
  return list;
}

function FormatField({ draft, change, errors }: FormProps) {
  const formats = useFormats();
  const chosen = formats.find(({ name }) => name === draft.format);
  const options: [string, string][] = formats.map(({ name, unavailable }) => [name, unavailable === null ? name : `${name} (not available)`]);
  if (draft.format !== '' && !chosen) options.push([draft.format, draft.format]);
  return (
    <>
      <Field label="Format of the body" hint={chosen?.unavailable ?? undefined} errors={errors.get('/format') ?? errors.get('/idField')}>
        {(input) => <Select input={input} value={draft.format} options={[['', 'As the settings say'], ...options]} onChange={(format) => change({ format })} />}
      </Field>
      {chosen && <pre class="sample" tabIndex={0} aria-label={`Body of the format ${chosen.name}`}>{chosen.body}</pre>}
    </>
  );
}

export function DeliveryFields(props: FormProps) {
  const { draft, change, errors } = props;
  const every = draft.delivery === 'every';
  const sync = draft.delivery === 'sync';
  const ordered = every && draft.order === 'endpoint';
  const pointers = ['/delivery', '/order', '/onFailure', '/results', '/position', '/format', '/idField'];
  const open = draft.delivery !== emptyDraft.delivery || draft.format !== '' || pointers.some((pointer) => errors.has(pointer));
  return (
    <Section title="Delivery and format" open={open}>
      <Field label="It is told" hint={sync ? 'Nothing is queued or retried: publishing waits for its answer.' : undefined} errors={errors.get('/delivery')}>
        {(input) => <Select<Delivery> input={input} value={draft.delivery} options={entries(deliveryWords)} onChange={(delivery) => change({ delivery })} />}
      </Field>
      {every && (
        <Field label="Order" hint={ordered ? 'One that fails holds up all behind it.' : undefined} errors={errors.get('/order')}>
          {(input) => <Select<Order> input={input} value={draft.order} options={entries(orderWords)} onChange={(order) => change({ order })} />}
        </Field>
      )}
      {ordered && (
        <Field label="When a message fails for good" errors={errors.get('/onFailure')}>
          {(input) => <Select input={input} value={draft.onFailure} options={failures} onChange={(onFailure) => change({ onFailure })} />}
        </Field>
      )}
      {(ordered || sync) && (
        <Field label="An answer means" errors={errors.get('/results')}>
          {(input) => <Select input={input} value={draft.results} options={meanings} onChange={(results) => change({ results })} />}
        </Field>
      )}
      {sync && <TextField {...props} name="position" pointer="/position" type="number" label="Position" hint="Endpoints with lower ones are called first." />}
      <FormatField {...props} />
    </Section>
  );
}
