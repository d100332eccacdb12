// The first notification, as lines for a terminal with the real address of this service.
import { session } from '../state/session';
import { useStore } from '../state/store';
import { curlPost } from '../text/curl';
import { Code } from './code';

const endpoint = { name: 'my receiver', url: 'http://127.0.0.1:9000/hook', changeTypes: 1 };
const event = { type: 'AssetCreated', itemId: 4711, baseId: 12 };

export function RegisterLine() {
  const { config } = useStore(session);
  return <Code what="the line that registers an endpoint" text={curlPost('/endpoints', endpoint, config?.authentication !== 'none')} />;
}

export function PublishLine() {
  const { config } = useStore(session);
  return <Code what="the line that publishes an event" text={curlPost('/events', event, config?.authentication !== 'none')} />;
}

export function FirstSteps() {
  return (
    <ol class="steps">
      <li>
        <p>Start a receiver that prints what arrives.</p>
        <Code what="the line that starts a receiver" text="lull listen --port 9000" />
      </li>
      <li>
        <p>Register it for the changes of assets.</p>
        <RegisterLine />
      </li>
      <li>
        <p>Publish an event. The receiver is told once things have gone quiet.</p>
        <PublishLine />
      </li>
    </ol>
  );
}
