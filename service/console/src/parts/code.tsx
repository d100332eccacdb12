// Text to be copied: a line for a terminal, a body, a secret.
import { useState } from 'preact/hooks';
import { Button } from './button';

export function CopyButton({ text, what }: { text: string; what: string }) {
  const [state, setState] = useState<'Copy' | 'Copied' | 'Select it by hand'>('Copy');
  const copy = () => {
    const done = navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject(new Error('no clipboard'));
    done.then(
      () => setState('Copied'),
      () => setState('Select it by hand'),
    );
    setTimeout(() => setState('Copy'), 3000);
  };
  return (
    <Button kind="quiet" onClick={copy} label={state === 'Copy' ? `Copy ${what}` : undefined}>
      {state}
    </Button>
  );
}

export function Code({ text, what }: { text: string; what: string }) {
  return (
    <div class="code">
      <pre tabIndex={0} aria-label={what}>
        {text}
      </pre>
      <CopyButton text={text} what={what} />
    </div>
  );
}
