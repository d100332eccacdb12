// A field of a form: its label, what it is for, and what the service says is wrong with it, all tied together for
// screen readers.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export interface InputProps {
  id: string;
  'aria-describedby'?: string;
  'aria-invalid'?: true;
}

interface FieldProps {
  label: string;
  hint?: string | undefined;
  errors?: readonly string[] | undefined;
  children: (input: InputProps) => ComponentChildren;
  /** For several boxes under one name. */
  group?: boolean;
}

export function Errors({ id, errors }: { id?: string; errors?: readonly string[] | undefined }) {
  if (!errors || errors.length === 0) return null;
  return (
    <p class="field-error" id={id}>
      {errors.join(' ')}
    </p>
  );
}

export function Field({ label, hint, errors, children, group }: FieldProps) {
  const id = useId();
  const wrong = errors !== undefined && errors.length > 0;
  const described = [hint && `${id}-hint`, wrong && `${id}-error`].filter(Boolean).join(' ');
  const input: InputProps = { id };
  if (described !== '') input['aria-describedby'] = described;
  if (wrong) input['aria-invalid'] = true;
  const hintText = hint && <p class="hint" id={`${id}-hint`}>{hint}</p>;
  if (group) {
    return (
      <fieldset class="field" aria-describedby={described === '' ? undefined : described}>
        <legend>{label}</legend>
        {hintText}
        {children(input)}
        <Errors id={`${id}-error`} errors={errors} />
      </fieldset>
    );
  }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(input)}
      {hintText}
      <Errors id={`${id}-error`} errors={errors} />
    </div>
  );
}

interface CheckProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: ComponentChildren;
  hint?: string | undefined;
}

export function Check({ checked, onChange, children, hint }: CheckProps) {
  const id = useId();
  return (
    <div class="check">
      <input id={id} type="checkbox" checked={checked} aria-describedby={hint ? `${id}-hint` : undefined} onChange={(event) => onChange(event.currentTarget.checked)} />
      <label for={id}>{children}</label>
      {hint && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}
