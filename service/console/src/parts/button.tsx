// Buttons. One that works on something says so and cannot be pressed twice, but keeps its place in the tab order.
import type { ComponentChildren } from 'preact';

export type ButtonKind = 'primary' | 'plain' | 'danger' | 'quiet';

interface ButtonProps {
  children: ComponentChildren;
  onClick?: (() => void) | undefined;
  kind?: ButtonKind;
  type?: 'button' | 'submit';
  busy?: boolean;
  disabled?: boolean;
  /** Where the text alone does not say what it is about, such as in a row of a table. */
  label?: string | undefined;
  pressed?: boolean | undefined;
  form?: string;
}

export function Button({ children, onClick, kind = 'plain', type = 'button', busy, disabled, label, pressed, form }: ButtonProps) {
  return (
    <button
      type={type}
      class={`button ${kind}`}
      aria-label={label}
      aria-pressed={pressed}
      aria-disabled={busy || disabled ? true : undefined}
      aria-busy={busy ? true : undefined}
      form={form}
      onClick={(event) => {
        if (busy || disabled) event.preventDefault();
        else onClick?.();
      }}
    >
      {children}
    </button>
  );
}

export function ButtonLink({ href, kind = 'plain', children }: { href: string; kind?: ButtonKind; children: ComponentChildren }) {
  return (
    <a class={`button ${kind}`} href={href}>
      {children}
    </a>
  );
}
