// The sign of Lull: a burst that goes quiet.

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M3 17c2.5-8 5-8 7 0s4 6 6 0c.8-2.3 1.7-3 3-3h10" />
    </svg>
  );
}
