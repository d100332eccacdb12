// One letter: what it said, what was tried, and what can be done with it.
import { useState } from 'preact/hooks';
import { call, get, post, segment } from '../api/client';
import type { DeadLetterDetail } from '../api/types';
import { AttemptList } from '../parts/attempts';
import { Badge } from '../parts/badge';
import { Button } from '../parts/button';
import { Code } from '../parts/code';
import { Confirm } from '../parts/confirm';
import { Dialog } from '../parts/dialog';
import { Loading } from '../parts/empty';
import { ProblemNote } from '../parts/problem-note';
import { When } from '../parts/when';
import { usePoll } from '../state/poll';
import { tell } from '../state/notices';
import { endpointLink, linkTo } from '../state/router';
import { session } from '../state/session';
import { useStore } from '../state/store';
import { prettyJson } from '../text/json';
import { counted } from '../text/numbers';
import { reasonWords } from '../text/words';

function Facts({ letter }: { letter: DeadLetterDetail }) {
  return (
    <dl class="facts">
      <div><dt>Endpoint</dt><dd><a href={endpointLink(letter.endpointId)}>{letter.endpointName ?? letter.endpointId}</a></dd></div>
      <div><dt>Item</dt><dd><a href={linkTo('items', { changeType: letter.changeType, itemId: letter.itemId })}>{letter.changeTypeName} {letter.itemId}</a></dd></div>
      <div><dt>Reason</dt><dd><Badge tone="bad">{reasonWords[letter.reason]}</Badge></dd></div>
      <div><dt>Last answer</dt><dd>{letter.lastError ?? letter.lastStatus}</dd></div>
      <div><dt>Stands for</dt><dd>{counted(letter.eventCount, 'event')}, sequence {letter.sequence}</dd></div>
      <div><dt>First failed</dt><dd><When at={letter.firstFailedAt} /></dd></div>
      <div><dt>Died</dt><dd><When at={letter.deadAt} /></dd></div>
      {letter.supersededAt && <div><dt>Superseded</dt><dd><When at={letter.supersededAt} /> by a newer notification that arrived</dd></div>}
    </dl>
  );
}

export function LetterDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { can } = useStore(session);
  const [asking, setAsking] = useState<'retry' | 'purge'>();
  const path = `/dead-letters/${segment(id)}`;
  const { data, problem } = usePoll<DeadLetterDetail>((signal) => get(path, {}, signal), null, id);
  const retry = async () => {
    await post(`${path}/retry`, undefined);
    const item = data && { href: linkTo('items', { changeType: data.changeType, itemId: data.itemId }), words: 'See what becomes of it' };
    tell('1 letter is due now.', false, item);
    setTimeout(onClose);
  };
  const purge = async () => {
    await call('DELETE', path);
    tell('1 letter was purged.');
    setTimeout(onClose);
  };
  const actions = data && can.manage && (
    <>
      {!data.supersededAt && <Button kind="primary" onClick={() => setAsking('retry')}>Retry 1 letter…</Button>}
      <Button onClick={() => setAsking('purge')}>Purge 1 letter…</Button>
    </>
  );
  return (
    <Dialog title={data ? `${data.changeTypeName} ${data.itemId}` : 'Dead letter'} onClose={onClose} actions={actions} wide>
      <ProblemNote problem={problem} />
      {!data && !problem && <Loading />}
      {data && (
        <>
          <Facts letter={data} />
          <h3>What was sent</h3>
          {data.body === null ? <p class="faint">Its body cannot be told.</p> : <Code text={prettyJson(data.body)} what="the body" />}
          <h3>Attempts</h3>
          {data.attemptLog.length === 0 ? <p class="faint">The log of its endpoint no longer has them; {counted(data.attempts, 'attempt was', 'attempts were')} made.</p> : <AttemptList list={data.attemptLog} withItem={false} openNewest />}
        </>
      )}
      {asking === 'retry' && (
        <Confirm title="Retry this letter?" word="Retry 1 letter" onConfirm={retry} onClose={() => setAsking(undefined)}>
          <p>{data?.endpointName ?? 'The endpoint'} is told of it again, with fresh attempts and under the same id.</p>
        </Confirm>
      )}
      {asking === 'purge' && (
        <Confirm title="Purge this letter?" word="Purge 1 letter" danger onConfirm={purge} onClose={() => setAsking(undefined)}>
          <p>It is taken away for good: {data?.endpointName ?? 'the endpoint'} will not be told of this change.</p>
        </Confirm>
      )}
    </Dialog>
  );
}
