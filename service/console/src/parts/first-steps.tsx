// The first notification, as lines for a terminal with the real address of this service.
import { useChangeTypes } from '../state/catalogue';
import { session } from '../state/session';
import { useStore } from '../state/store';
import { curlPost } from '../text/curl';
import { Code } from './code';

const endpoint = (changeTypes: number) => ({ name: 'my receiver', url: 'http://127.0.0.1:9000/hook', changeTypes });

export function RegisterLine() {
  const { config } = useStore(session);
  const types = useChangeTypes();
  return <Code what="the line that registers an endpoint" text={curlPost('/endpoints', endpoint(types[0]?.value ?? 1), config?.authentication !== 'none')} />;
}

/** An event that somebody gets: of the given type, else of the first one that the catalogue has. */
export function PublishLine({ type }: { type?: string | undefined }) {
  const { config } = useStore(session);
  const types = useChangeTypes();
  const event = { type: type ?? types[0]?.events[0] ?? 'AssetCreated', itemId: 4711, baseId: 12 };
  return <Code what="the line that publishes an event" text={curlPost('/events', event, config?.authentication !== 'none')} />;
}

export function FirstSteps() {
  return (
    <ol class="steps">
      <li>
        <p>Start a receiver that prints what arrives, in the folder of Lull (in its image the program is <code>lull</code>). With <code>--status 500</code> it refuses everything.</p>
        <Code what="the line that starts a receiver" text="build/release/lull listen --port 9000" />
      </li>
      <li>
        <p>Register it, in another terminal.</p>
        <RegisterLine />
      </li>
      <li>
        <p>Publish an event. The receiver is told once things have gone quiet.</p>
        <PublishLine />
      </li>
    </ol>
  );
}
