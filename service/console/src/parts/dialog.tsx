// A dialog over the page. The browser's own element keeps the focus inside, closes on Escape and gives the focus back.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Button } from './button';

interface DialogProps {
  title: string;
  children: ComponentChildren;
  onClose: () => void;
  /** Buttons at its foot, besides the one that closes it. */
  actions?: ComponentChildren;
  closeWord?: string;
  wide?: boolean;
}

export function Dialog({ title, children, onClose, actions, closeWord = 'Close', wide }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    if (dialog && !dialog.open) dialog.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  // What had the focus may be gone with the step it belonged to. It must not fall out of the dialog.
  useEffect(() => {
    if (document.activeElement === document.body) element.current?.focus();
  });
  return (
    <dialog
      ref={element}
      tabIndex={-1}
      class={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <h2 id={heading}>{title}</h2>
      <div class="dialog-body">{children}</div>
      <div class="dialog-foot">
        <Button onClick={onClose}>{closeWord}</Button>
        {actions}
      </div>
    </dialog>
  );
}
