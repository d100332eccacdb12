// From page to page of a list.
import { Button } from './button';

interface PagerProps {
  number: number;
  next: (() => void) | null;
  previous: (() => void) | null;
  /** What is paged, for screen readers: "Pages of the queue". */
  label: string;
}

export function Pager({ number, next, previous, label }: PagerProps) {
  if (next === null && previous === null) return null;
  return (
    <nav class="pager" aria-label={label}>
      <Button onClick={previous ?? undefined} disabled={previous === null}>
        Previous
      </Button>
      <span aria-live="polite">Page {number}</span>
      <Button onClick={next ?? undefined} disabled={next === null}>
        Next
      </Button>
    </nav>
  );
}
