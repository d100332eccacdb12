// Asks before something is done that cannot be taken back, and says what it will come to.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { asProblem, type Problem } from '../api/problem';
import { Button } from './button';
import { Dialog } from './dialog';
import { ProblemNote } from './problem-note';

interface ConfirmProps {
  title: string;
  children: ComponentChildren;
  /** What the button says; it names the act and the number. */
  word: string;
  danger?: boolean;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
  disabled?: boolean;
}

export function Confirm({ title, children, word, danger, onConfirm, onClose, disabled = false }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const confirm = () => {
    setBusy(true);
    setProblem(undefined);
    onConfirm().then(onClose, (error) => {
      setBusy(false);
      setProblem(asProblem(error));
    });
  };
  const action = (
    <Button kind={danger ? 'danger' : 'primary'} busy={busy} disabled={disabled} onClick={confirm}>
      {word}
    </Button>
  );
  return (
    <Dialog title={title} onClose={onClose} closeWord="Cancel" actions={action}>
      {children}
      <ProblemNote problem={problem} />
    </Dialog>
  );
}
