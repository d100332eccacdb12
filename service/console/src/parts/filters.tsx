// What a list is narrowed to. Filters stand in the address, so a view can be kept and sent on; typing waits for a pause.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { useChangeTypes } from '../state/catalogue';
import { narrow } from '../state/router';
import { Field } from './field';
import { Select } from './select';

export function Filters({ children, label = 'Filters' }: { children: ComponentChildren; label?: string }) {
  return (
    <form class="filters" role="search" aria-label={label} onSubmit={(event) => event.preventDefault()}>
      {children}
    </form>
  );
}

const typingPauseMs = 300;

interface TextFilterProps {
  name: string;
  label: string;
  value: string | undefined;
  placeholder?: string;
  type?: 'search' | 'number' | 'datetime-local';
}

export function TextFilter({ name, label, value = '', placeholder, type = 'search' }: TextFilterProps) {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const typed = (next: string) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => narrow({ [name]: next }), typingPauseMs);
  };
  return (
    <Field label={label}>
      {(input) => <input {...input} type={type as 'text'} value={text} placeholder={placeholder} onInput={(event) => typed(event.currentTarget.value)} />}
    </Field>
  );
}

interface ChoiceFilterProps {
  name: string;
  label: string;
  value: string | undefined;
  options: readonly (readonly [string, string])[];
}

export function ChoiceFilter({ name, label, value = '', options }: ChoiceFilterProps) {
  return (
    <Field label={label}>
      {(input) => <Select input={input} value={value} options={options} onChange={(next) => narrow({ [name]: next })} />}
    </Field>
  );
}

export function ChangeTypeFilter({ value }: { value: string | undefined }) {
  const types = useChangeTypes();
  const options: [string, string][] = types.map((type) => [String(type.value), type.name]);
  if (value && !types.some((type) => String(type.value) === value)) options.push([value, `type ${value}`]);
  return <ChoiceFilter name="changeType" label="Change type" value={value} options={[['', 'All'], ...options]} />;
}
