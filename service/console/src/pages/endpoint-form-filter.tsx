// Which events of its change types an endpoint wants.
import type { Operation } from '../api/types';
import { Check, Errors, Field } from '../parts/field';
import { useChangeTypes } from '../state/catalogue';
import { Section, TextField, type FormProps } from './endpoint-form';

const operations: readonly Operation[] = ['create', 'update', 'delete'];

function toggled<T>(list: readonly T[], value: T, on: boolean): T[] {
  return on ? [...list, value] : list.filter((entry) => entry !== value);
}

export function FilterFields(props: FormProps) {
  const { draft, change, errors } = props;
  const types = useChangeTypes().filter(({ value }) => (draft.changeTypes & value) !== 0);
  const offered = [...new Set([...types.flatMap(({ events }) => events), ...draft.events])];
  const used = draft.events.length > 0 || draft.operations.length > 0 || draft.fields !== '' || draft.scopes !== '';
  const wrong = ['/filter', '/filter/events', '/filter/operations', '/filter/fields', '/filter/scopes'].some((pointer) => errors.has(pointer));
  return (
    <Section title="Filter" open={used || wrong}>
      <p class="hint">An event has to pass every part that is used. Unused parts let everything pass. Once it is saved, “Would it be told?” on its page explains how an event is judged.</p>
      <Field label="Operations" errors={errors.get('/filter/operations')} group>
        {() => (
          <div class="checks in-line">
            {operations.map((name) => (
              <Check key={name} checked={draft.operations.includes(name)} onChange={(on) => change({ operations: toggled(draft.operations, name, on) })}>{name}</Check>
            ))}
          </div>
        )}
      </Field>
      <Field label="Events" hint={offered.length === 0 ? 'Choose a change type first.' : undefined} errors={errors.get('/filter/events')} group>
        {() => (
          <div class="checks columns">
            {offered.map((name) => (
              <Check key={name} checked={draft.events.includes(name)} onChange={(on) => change({ events: toggled(draft.events, name, on) })}>{name}</Check>
            ))}
          </div>
        )}
      </Field>
      <div class="grid-form">
        <TextField {...props} name="fields" pointer="/filter/fields" label="Changed fields" hint="Updates that changed one of these; with commas between them." />
        <TextField {...props} name="scopes" pointer="/filter/scopes" label="Scopes" hint="With commas between them." />
      </div>
      <Errors errors={errors.get('/filter')} />
    </Section>
  );
}
