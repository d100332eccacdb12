// Attempts as a timeline.
import type { Attempt } from '../api/types';
import { useChangeTypeName } from '../state/catalogue';
import { linkTo } from '../state/router';
import { measured } from '../text/relative';
import { OutcomeBadge } from './badge';
import { When } from './when';

interface EntryProps {
  attempt: Attempt;
  typeName: string;
  withItem: boolean;
  open: boolean;
}

function Entry({ attempt, typeName, withItem, open }: EntryProps) {
  return (
    <li class={`entry ${attempt.outcome}`}>
      <span class="entry-time"><When at={attempt.at} /></span>
      <div>
        <p>
          <OutcomeBadge outcome={attempt.outcome} result={attempt.result} />{' '}
          {withItem && <a href={linkTo('items', { changeType: attempt.changeType, itemId: attempt.itemId })}>{typeName} {attempt.itemId}</a>}
          <span class="faint">
            {' '}attempt {attempt.attempt} · {attempt.status !== null && `answered ${attempt.status} · `}{measured(attempt.durationMs)}
            {attempt.result && attempt.result !== 'OK' && ` · ${attempt.result}`}
          </span>
        </p>
        {attempt.error && <p class="entry-error">{attempt.error}</p>}
        {attempt.responseExcerpt && (
          <details open={open}>
            <summary>What it answered</summary>
            <pre tabIndex={0} aria-label="What it answered">{attempt.responseExcerpt}</pre>
          </details>
        )}
      </div>
    </li>
  );
}

/** `openNewest` shows at once what the receiver said to the newest attempt. */
export function AttemptList({ list, withItem = true, openNewest = false }: { list: readonly Attempt[]; withItem?: boolean; openNewest?: boolean }) {
  const typeName = useChangeTypeName();
  if (list.length === 0) return null;
  const newest = list.reduce((one, other) => (other.at > one.at ? other : one));
  return (
    <ol class="timeline">
      {list.map((attempt) => (
        <Entry open={openNewest && attempt === newest} key={`${attempt.messageId} ${attempt.at} ${attempt.attempt}`} attempt={attempt} typeName={typeName(attempt.changeType)} withItem={withItem} />
      ))}
    </ol>
  );
}
