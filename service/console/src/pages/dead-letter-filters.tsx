// What the letters are narrowed to.
import { ChangeTypeFilter, ChoiceFilter, Filters, TextFilter } from '../parts/filters';
import { Button } from '../parts/button';
import { useEndpointName } from '../state/catalogue';
import { linkTo, narrow } from '../state/router';
import { isNarrowed, type LetterQuery } from '../text/letters';
import { reasonWords } from '../text/words';

const ways = [['', 'Cause'], ['endpoint', 'Endpoint'], ['changeType', 'Change type']] as const;
const reasons = [['', 'All'], ...Object.entries(reasonWords)] as [string, string][];
const supersededOptions = [['', 'Not superseded'], ['true', 'Superseded only'], ['all', 'All']] as const;

function EndpointChip({ id }: { id: string }) {
  const name = useEndpointName(id);
  return (
    <p class="chip">
      <span>Of {name}</span>
      <Button kind="quiet" onClick={() => narrow({ endpointId: null })} label={`Letters of all endpoints, not only of ${name}`}>×</Button>
    </p>
  );
}

export function LetterFilters({ query, listed }: { query: LetterQuery; listed: boolean }) {
  return (
    <>
      <Filters>
        {!listed && <ChoiceFilter name="by" label="Group by" value={query['by'] === 'cause' ? '' : query['by']} options={ways} />}
        <ChangeTypeFilter value={query['changeType']} />
        <ChoiceFilter name="reason" label="Reason" value={query['reason']} options={reasons} />
        <ChoiceFilter name="superseded" label="Show" value={query['superseded'] === 'false' ? '' : query['superseded']} options={supersededOptions} />
        {listed && (
          <>
            <TextFilter name="itemId" label="Item" value={query['itemId']} />
            <TextFilter name="status" label="Last status" type="number" value={query['status']} />
            <TextFilter name="since" label="Died since" type="datetime-local" value={query['since']} />
            <TextFilter name="until" label="Died before" type="datetime-local" value={query['until']} />
          </>
        )}
        {isNarrowed(query) && <a class="clear" href={linkTo('dead-letters', { view: query['view'], by: query['by'] })}>Clear the filters</a>}
      </Filters>
      {query['endpointId'] && <EndpointChip id={query['endpointId']} />}
    </>
  );
}
