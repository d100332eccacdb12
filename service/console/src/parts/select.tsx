// One of a few.
import type { InputProps } from './field';

interface SelectProps<T extends string> {
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
  input?: InputProps;
  /** Where no visible label names it. */
  label?: string;
  disabled?: boolean;
}

export function Select<T extends string>({ value, options, onChange, input, label, disabled }: SelectProps<T>) {
  return (
    <select {...input} aria-label={label} value={value} disabled={disabled} onChange={(event) => onChange(event.currentTarget.value as T)}>
      {options.map(([key, word]) => (
        <option key={key} value={key} selected={key === value}>
          {word}
        </option>
      ))}
    </select>
  );
}
