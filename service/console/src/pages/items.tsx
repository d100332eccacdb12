// The story of one item: where it is on its way, endpoint by endpoint.
import { useEffect, useState } from 'preact/hooks';
import { get, segment } from '../api/client';
import type { EndpointStory, ItemStory } from '../api/fleet-types';
import type { QueueItem } from '../api/types';
import { Badge, QueueBadge } from '../parts/badge';
import { Button } from '../parts/button';
import { Empty, Loading } from '../parts/empty';
import { Field } from '../parts/field';
import { ProblemNote } from '../parts/problem-note';
import { Select } from '../parts/select';
import { When } from '../parts/when';
import { useChangeTypeName, useChangeTypes, useEndpointName } from '../state/catalogue';
import { usePoll } from '../state/poll';
import { endpointLink, go, linkTo } from '../state/router';
import { counted } from '../text/numbers';
import { reasonWords } from '../text/words';

type Query = Readonly<Record<string, string>>;

function Search({ query }: { query: Query }) {
  const types = useChangeTypes();
  const [type, setType] = useState(query['changeType'] ?? '');
  const [item, setItem] = useState(query['itemId'] ?? '');
  useEffect(() => {
    setType(query['changeType'] ?? '');
    setItem(query['itemId'] ?? '');
  }, [query['changeType'], query['itemId']]);
  const chosen = type || String(types[0]?.value ?? '');
  const submit = (event: Event) => {
    event.preventDefault();
    if (item.trim() !== '') go(linkTo('items', { changeType: chosen, itemId: item.trim() }));
  };
  return (
    <form class="filters" role="search" aria-label="Find an item" onSubmit={submit}>
      <Field label="Change type">
        {(input) => <Select input={input} value={chosen} options={types.map(({ name, value }) => [String(value), name] as const)} onChange={setType} />}
      </Field>
      <Field label="Item">
        {(input) => <input {...input} type="search" required value={item} placeholder="4711" onInput={(event) => setItem(event.currentTarget.value)} />}
      </Field>
      <Button type="submit" kind="primary">Tell its story</Button>
    </form>
  );
}

function Waiting({ item, behind }: { item: QueueItem; behind: number | null }) {
  return (
    <li>
      <QueueBadge state={item.state} />{' '}
      {item.attempts > 0 ? `${counted(item.attempts, 'attempt')} so far${item.lastStatus !== null ? `, last answered ${item.lastStatus}` : item.lastError ? `: ${item.lastError}` : ''}. ` : 'Not attempted yet. '}
      {item.nextAttemptAt && <>Next attempt <When at={item.nextAttemptAt} as="soon" />. </>}
      {behind !== null && behind > 0 && `${counted(behind, 'more stands', 'more stand')} behind it.`}
    </li>
  );
}

function Story({ story }: { story: EndpointStory }) {
  const name = useEndpointName(story.endpointId);
  const { waiting, inFlight, lastDelivered, deadLetter } = story;
  return (
    <section class="card">
      <h2><a href={endpointLink(story.endpointId)}>{name}</a></h2>
      <ul class="plain-list">
        {inFlight && <li><QueueBadge state="inFlight" /> Attempt {inFlight.attempts} runs now.</li>}
        {waiting && <Waiting item={waiting} behind={story.behind} />}
        {deadLetter && (
          <li>
            <Badge tone={deadLetter.supersededAt ? 'quiet' : 'bad'}>{deadLetter.supersededAt ? 'superseded letter' : 'dead letter'}</Badge>{' '}
            {reasonWords[deadLetter.reason]}, died <When at={deadLetter.deadAt} />. <a href={linkTo('dead-letters', { view: 'list', endpointId: story.endpointId, letter: deadLetter.id })}>Open the letter</a>
          </li>
        )}
        {lastDelivered && <li><Badge tone="good">delivered</Badge> <When at={lastDelivered.at} />, up to sequence {lastDelivered.sequence}.</li>}
        {!inFlight && !waiting && !deadLetter && !lastDelivered && <li class="faint">Nothing lately.</li>}
      </ul>
    </section>
  );
}

function Told({ changeType, itemId }: { changeType: string; itemId: string }) {
  const typeName = useChangeTypeName();
  const path = `/items/${segment(changeType)}/${segment(itemId)}`;
  const { data, problem } = usePoll<ItemStory>((signal) => get(path, {}, signal), 2000, path);
  const name = `${typeName(Number(changeType))} ${itemId}`;
  if (!data) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  return (
    <>
      <ProblemNote problem={problem} />
      <section class="card">
        <h2>{name}</h2>
        {data.window ? (
          <p><Badge tone="info">held back</Badge> {counted(data.window.events, 'event')} folded since <When at={data.window.firstAt} />; due <When at={data.window.dueAt} as="soon" />. <a href={linkTo('windows', { changeType, itemId })}>Open its window</a></p>
        ) : (
          <p class="faint">No window is open: nothing of it is being held back.</p>
        )}
      </section>
      {data.endpoints.length === 0 && <Empty title="No endpoint holds anything of it, or was sent it lately."><p>Logs hold the last 200 attempts of each endpoint.</p></Empty>}
      <div class="cards">{data.endpoints.map((story) => <Story key={story.endpointId} story={story} />)}</div>
    </>
  );
}

export function Items({ query }: { query: Query }) {
  const { changeType, itemId } = query;
  return (
    <>
      <h1>Items</h1>
      <p class="lead">Where is a change? Its window, and for each endpoint what waits, runs, arrived last or died.</p>
      <Search query={query} />
      {changeType && itemId ? <Told changeType={changeType} itemId={itemId} /> : <Empty title="Enter the id of an item, as the source of its events writes it." />}
    </>
  );
}
