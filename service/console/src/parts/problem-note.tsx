// What went wrong, in the service's own words.
import type { Problem } from '../api/problem';
import { Button } from './button';

export function ProblemNote({ problem, onRetry }: { problem: Problem | undefined; onRetry?: () => void }) {
  // That the credential has ended is told above the page, once.
  if (!problem || problem.status === 401) return null;
  return (
    <div class="note bad" role="alert">
      <p>{problem.message}</p>
      {problem.errors.length > 0 && (
        <ul>
          {problem.errors.map(({ pointer, detail }) => (
            <li key={pointer}>
              {pointer !== '' && <code>{pointer}</code>} {detail}
            </li>
          ))}
        </ul>
      )}
      {problem.traceId !== '' && problem.status >= 500 && <p class="faint">Trace {problem.traceId}</p>}
      {onRetry && <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}
