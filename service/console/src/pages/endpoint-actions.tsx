// What can be done with an endpoint.
import { useState } from 'preact/hooks';
import { call, post, segment } from '../api/client';
import type { Endpoint } from '../api/types';
import { useAct } from '../parts/act';
import { Button, ButtonLink } from '../parts/button';
import { Confirm } from '../parts/confirm';
import { tell } from '../state/notices';
import { endpointLink, go, linkTo } from '../state/router';
import { isMailbox } from '../text/mailbox';
import { counted } from '../text/numbers';
import { ReplayDialog } from './endpoint-replay';
import { SecretDialog } from './endpoint-secret';
import { TestDialog } from './endpoint-test';

type Opened = 'none' | 'test' | 'secret' | 'replay' | 'delete' | 'pause';

const patch = (id: string, body: unknown) =>
  call<Endpoint>('PATCH', `/endpoints/${segment(id)}`, { body, headers: { 'Content-Type': 'application/merge-patch+json' } });

function DeleteDialog({ endpoint, onClose }: { endpoint: Endpoint; onClose: () => void }) {
  const remove = async () => {
    await call('DELETE', `/endpoints/${segment(endpoint.id)}`);
    tell(`${endpoint.name} is deleted.`);
    go(linkTo('endpoints'));
  };
  const depth = endpoint.queueDepth;
  return (
    <Confirm title={`Delete ${endpoint.name}?`} word={depth === 0 ? 'Delete the endpoint' : `Delete it and cancel ${counted(depth, 'message')}`} danger onConfirm={remove} onClose={onClose}>
      <p>{depth === 0 ? 'Its queue is empty, so nothing is cancelled.' : `${counted(depth, 'message')} in its queue will be cancelled: nobody will be told of them.`}</p>
      <p>Its dead letters stay, to be looked at and purged; they cannot be retried any more. Its id is never used again.</p>
      {endpoint.enabled && <p class="faint">Pausing keeps the queue and can be taken back.</p>}
    </Confirm>
  );
}

function PauseDialog({ endpoint, onClose, refresh }: { endpoint: Endpoint; onClose: () => void; refresh: () => void }) {
  const pause = async () => {
    await patch(endpoint.id, { enabled: false });
    tell(`${endpoint.name} is paused.`);
    refresh();
  };
  return (
    <Confirm title={`Pause ${endpoint.name}?`} word="Pause" onConfirm={pause} onClose={onClose}>
      <p>{counted(endpoint.queueDepth, 'message')} in its queue will be kept, and new ones are added{endpoint.delivery === 'sync' ? '' : ' until it is resumed'}. Nothing is cancelled.</p>
      {isMailbox(endpoint) && <p>Its client is given nothing meanwhile. What it has locked it can still confirm.</p>}
    </Confirm>
  );
}

export function EndpointActions({ endpoint, refresh }: { endpoint: Endpoint; refresh: () => void }) {
  const [opened, setOpened] = useState<Opened>('none');
  const retrying = useAct();
  const resuming = useAct();
  const close = () => setOpened('none');
  const ordered = endpoint.order === 'endpoint';
  const blocked = endpoint.pausedReason === 'blocked';
  const needed = blocked || (endpoint.enabled && endpoint.health !== 'healthy');
  const mailbox = isMailbox(endpoint);

  const retryNow = () =>
    retrying.run(async () => {
      const { retried } = await post<{ retried: number }>(`/endpoints/${segment(endpoint.id)}/queue/retry`, { all: true });
      refresh();
      return retried === 0 ? 'Nothing waits for a later attempt.' : `${counted(retried, 'message is', 'messages are')} due now.`;
    });
  const resume = () =>
    resuming.run(async () => {
      await patch(endpoint.id, { enabled: true });
      refresh();
      return `${endpoint.name} is resumed.`;
    });

  return (
    <div class="actions">
      {!endpoint.enabled && <Button kind={blocked ? 'plain' : 'primary'} busy={resuming.busy} onClick={resume}>Resume</Button>}
      {endpoint.delivery !== 'sync' && !mailbox && (endpoint.enabled || blocked) && (
        <Button kind={needed ? 'primary' : 'plain'} busy={retrying.busy} onClick={retryNow}>{ordered ? 'Synchronize' : 'Retry now'}</Button>
      )}
      {endpoint.enabled && <Button onClick={() => setOpened('pause')}>Pause…</Button>}
      {!mailbox && <Button onClick={() => setOpened('test')}>Send a test</Button>}
      {endpoint.delivery !== 'sync' && !mailbox && <Button onClick={() => setOpened('replay')}>Replay…</Button>}
      {!mailbox && <Button onClick={() => setOpened('secret')}>Secret…</Button>}
      {!mailbox && <ButtonLink href={endpointLink(endpoint.id, { form: 'edit' })}>Edit</ButtonLink>}
      <Button kind="danger" onClick={() => setOpened('delete')}>Delete…</Button>
      {opened === 'test' && <TestDialog endpoint={endpoint} onClose={close} />}
      {opened === 'secret' && <SecretDialog endpoint={endpoint} onClose={close} />}
      {opened === 'replay' && <ReplayDialog endpoint={endpoint} onClose={close} />}
      {opened === 'delete' && <DeleteDialog endpoint={endpoint} onClose={close} />}
      {opened === 'pause' && <PauseDialog endpoint={endpoint} onClose={close} refresh={refresh} />}
    </div>
  );
}
