// What was attempted lately, newest first, and what came back.
import { get, segment } from '../api/client';
import type { Attempt, Endpoint, Page } from '../api/types';
import { AttemptList } from '../parts/attempts';
import { Empty } from '../parts/empty';
import { ChoiceFilter } from '../parts/filters';
import { PublishLine } from '../parts/first-steps';
import { Pager } from '../parts/pager';
import { ProblemNote } from '../parts/problem-note';
import { useChangeTypes } from '../state/catalogue';
import { usePaged } from '../state/paged';
import { outcomeWords } from '../text/words';

const options = [['', 'All'], ...Object.entries(outcomeWords)] as [string, string][];

/** An event that the endpoint would be told of, as far as its change types and the events of its filter say. */
function useOneOf(endpoint: Endpoint): string | undefined {
  const types = useChangeTypes();
  const wanted = types.filter(({ value }) => (endpoint.changeTypes & value) !== 0).flatMap(({ events }) => events);
  return wanted.find((event) => endpoint.filter?.events?.includes(event) ?? true);
}

export function AttemptTimeline({ endpoint, outcome }: { endpoint: Endpoint; outcome: string | undefined }) {
  const { id } = endpoint;
  const type = useOneOf(endpoint);
  const pages = usePaged<Attempt>(
    (cursor, signal) => get<Page<Attempt>>(`/endpoints/${segment(id)}/attempts`, { outcome, limit: 20, cursor }, signal),
    2000,
    `${id} attempts ${outcome ?? ''}`,
  );
  const list = pages.data?.items ?? [];
  return (
    <section>
      <div class="section-head">
        <h2>Attempts</h2>
        <ChoiceFilter name="outcome" label="Outcome" value={outcome} options={options} />
      </div>
      <ProblemNote problem={pages.problem} />
      {pages.data && list.length === 0 && (
        <Empty title={outcome ? 'No attempt ended so.' : 'It has not been told of anything yet.'}>
          {!outcome && <><p>Publish an event of one of its change types, such as:</p><PublishLine type={type} /></>}
        </Empty>
      )}
      <AttemptList list={list} />
      <Pager label="Pages of attempts" number={pages.number} next={pages.next} previous={pages.previous} />
    </section>
  );
}
