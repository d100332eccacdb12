// What could not be delivered: first by what there is to mend, then letter by letter.
import { DeadLetterGroups } from './dead-letter-groups';
import { DeadLetterList } from './dead-letter-list';
import { LetterDialog } from './dead-letter-dialog';
import { LetterFilters } from './dead-letter-filters';
import { linkTo, narrow } from '../state/router';
import type { LetterQuery } from '../text/letters';

export function DeadLetters({ query }: { query: LetterQuery }) {
  const { letter, view, like: _, ...kept } = query;
  const listed = view === 'list';
  return (
    <>
      <h1>Dead letters</h1>
      <nav class="tabs" aria-label="Views of dead letters">
        <a href={linkTo('dead-letters', { ...kept, itemId: null, status: null, since: null, until: null })} aria-current={listed ? undefined : 'page'}>What to mend</a>
        <a href={linkTo('dead-letters', { ...kept, view: 'list', by: null })} aria-current={listed ? 'page' : undefined}>Letter by letter</a>
      </nav>
      <LetterFilters query={query} listed={listed} />
      {listed ? <DeadLetterList query={query} /> : <DeadLetterGroups query={query} />}
      {letter && <LetterDialog key={letter} id={letter} onClose={() => narrow({ letter: null })} />}
    </>
  );
}
