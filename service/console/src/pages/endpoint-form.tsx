// The fields of an endpoint: what is asked of everybody first, the rest behind headings that open.
import type { ComponentChildren } from 'preact';
import { Check, Field } from '../parts/field';
import { useChangeTypes } from '../state/catalogue';
import type { Draft } from '../text/draft';
import { DeliveryFields } from './endpoint-form-delivery';
import { FilterFields } from './endpoint-form-filter';
import { HeaderFields } from './endpoint-form-headers';

export const formFields = [
  '/name', '/url', '/changeTypes', '/headers', '/enabled', '/timeout', '/maxConcurrency', '/rateLimitPerSecond', '/format', '/idField',
  '/filter', '/filter/events', '/filter/operations', '/filter/fields', '/filter/scopes', '/delivery', '/order', '/onFailure',
  '/results', '/position', '/secret',
] as const;

export interface FormProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  errors: ReadonlyMap<string, readonly string[]>;
  isNew: boolean;
}

interface TextProps extends FormProps {
  name: 'name' | 'url' | 'timeout' | 'maxConcurrency' | 'rateLimitPerSecond' | 'position' | 'secret' | 'fields' | 'scopes';
  pointer: string;
  label: string;
  hint?: string;
  placeholder?: string;
  type?: 'text' | 'url' | 'number' | 'password';
  step?: string;
}

export function TextField({ draft, change, errors, name, pointer, label, hint, placeholder, type = 'text', step }: TextProps) {
  return (
    <Field label={label} hint={hint} errors={errors.get(pointer)}>
      {(input) => (
        <input
          {...input} type={type as 'text'} value={draft[name]} placeholder={placeholder} autocomplete="off" spellcheck={false} step={step}
          onInput={(event) => change({ [name]: event.currentTarget.value })}
        />
      )}
    </Field>
  );
}

/** A part of the form that most endpoints need nothing of. It is open when something of it is set or wrong. */
export function Section({ title, open, children }: { title: string; open: boolean; children: ComponentChildren }) {
  return (
    <details class="form-section" open={open}>
      <summary>{title}</summary>
      <div class="form-section-body">{children}</div>
    </details>
  );
}

function ChangeTypes({ draft, change, errors }: FormProps) {
  const types = useChangeTypes();
  const known = types.reduce((mask, { value }) => mask | value, 0);
  const set = (value: number, on: boolean) => change({ changeTypes: on ? draft.changeTypes | value : draft.changeTypes & ~value });
  const unknown = draft.changeTypes & ~known;
  return (
    <Field label="Change types" hint="What it wants to be told of." errors={draft.changeTypes === 0 && errors.has('/changeTypes') ? ['Choose at least one.'] : errors.get('/changeTypes')} group>
      {() => (
        <div class="checks">
          {types.map(({ name, value, events }) => (
            <Check key={value} checked={(draft.changeTypes & value) !== 0} onChange={(on) => set(value, on)} hint={events.length > 3 ? `${events.slice(0, 3).join(', ')} and ${events.length - 3} more` : events.join(', ')}>
              {name}
            </Check>
          ))}
          {types.length > 0 && unknown !== 0 && <Check checked onChange={() => set(unknown, false)} hint="The catalogue no longer has it.">{`unknown (${unknown})`}</Check>}
        </div>
      )}
    </Field>
  );
}

export function EndpointForm(props: FormProps) {
  const { draft, change, errors, isNew } = props;
  const wrong = (...pointers: string[]) => pointers.some((pointer) => errors.has(pointer));
  return (
    <>
      <TextField {...props} name="name" pointer="/name" label="Name" hint="What people will call it." />
      <TextField {...props} name="url" pointer="/url" type="url" label="URL" placeholder="https://example.org/hook" hint="Lull posts here. Any 2xx answer means that it was read." />
      <ChangeTypes {...props} />
      <Section title="Headers" open={draft.headers.length > 0 || wrong('/headers')}><HeaderFields {...props} /></Section>
      <DeliveryFields {...props} />
      <FilterFields {...props} />
      <Section title="Limits" open={[draft.timeout, draft.maxConcurrency, draft.rateLimitPerSecond].some((text) => text !== '') || wrong('/timeout', '/maxConcurrency', '/rateLimitPerSecond')}>
        <p class="hint">Empty means: as the settings of the service say.</p>
        <div class="grid-form">
          <TextField {...props} name="timeout" pointer="/timeout" type="number" step="any" label="Time-out of an attempt, in seconds" hint="1 to 120." />
          <TextField {...props} name="maxConcurrency" pointer="/maxConcurrency" type="number" label="Attempts at the same time" hint="1 to 1024." />
          <TextField {...props} name="rateLimitPerSecond" pointer="/rateLimitPerSecond" type="number" label="Attempts per second" hint="1 to 10,000; over all processes." />
        </div>
      </Section>
      {isNew && (
        <Section title="Signing secret" open={wrong('/secret')}>
          <TextField {...props} name="secret" pointer="/secret" type="password" label="A secret to migrate" hint="whsec_ and base64 of 24 to 64 bytes. Empty: one is made; the endpoint's page shows it on demand." />
        </Section>
      )}
      <Check checked={draft.enabled} onChange={(enabled) => change({ enabled })} hint="Off: it is paused, and its queue is kept.">Enabled</Check>
    </>
  );
}
