// Registers an endpoint, or changes one. What the service finds wrong stands at the field it is about.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, segment } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import type { Endpoint } from '../api/types';
import { Button, ButtonLink } from '../parts/button';
import { Loading } from '../parts/empty';
import { ProblemNote } from '../parts/problem-note';
import { noteEndpointName } from '../state/catalogue';
import { tell } from '../state/notices';
import { endpointLink, go, linkTo } from '../state/router';
import { creationOf, draftOf, emptyDraft, patchOf, type Draft } from '../text/draft';
import { errorsAtFields, noErrors } from '../text/pointers';
import { EndpointForm, formFields } from './endpoint-form';
import { MailboxSteps } from './mailbox';

interface Loaded {
  endpoint: Endpoint | null;
  draft: Draft;
  etag: string | null;
}

async function load(id: string | undefined): Promise<Loaded> {
  if (id === undefined) return { endpoint: null, draft: emptyDraft, etag: null };
  const answer = await call<Endpoint>('GET', `/endpoints/${segment(id)}`);
  return { endpoint: answer.body, draft: draftOf(answer.body), etag: answer.etag };
}

async function save(loaded: Loaded, draft: Draft, key: string): Promise<Endpoint> {
  if (loaded.endpoint === null) {
    return (await call<Endpoint>('POST', '/endpoints', { body: creationOf(draft), headers: { 'Idempotency-Key': key } })).body;
  }
  const headers: Record<string, string> = { 'Content-Type': 'application/merge-patch+json' };
  if (loaded.etag !== null) headers['If-Match'] = loaded.etag;
  const body = patchOf(loaded.draft, draft);
  return (await call<Endpoint>('PATCH', `/endpoints/${segment(loaded.endpoint.id)}`, { body, headers })).body;
}

const inFilter: readonly string[] = ['events', 'operations', 'fields', 'scopes'];

/** The pointer of the field that a part of the draft stands in. */
const pointerOf = (part: string): string => (inFilter.includes(part) ? `/filter/${part}` : `/${part}`);

function Editing({ loaded }: { loaded: Loaded }) {
  const [draft, setDraft] = useState(loaded.draft);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const form = useRef<HTMLFormElement>(null);
  // One key for one intent: pressing again after a lost answer makes no second endpoint. Other input is another intent.
  const intent = useRef({ text: '', key: '' });
  // What was wrong with a field was about what stood there before it was touched.
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const errors = problem ? errorsAtFields(problem.errors, formFields) : noErrors;
  const shown = new Map([...errors.at].filter(([pointer]) => !touched.has(pointer)));
  const id = loaded.endpoint?.id;

  useEffect(() => {
    form.current?.querySelector<HTMLElement>('[aria-invalid], fieldset:has(> .field-error) input')?.focus();
  }, [problem]);

  const submit = (event: Event) => {
    event.preventDefault();
    if (busy) return;
    const text = JSON.stringify(draft);
    if (intent.current.text !== text) intent.current = { text, key: Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-') };
    setBusy(true);
    setProblem(undefined);
    setTouched(new Set());
    save(loaded, draft, intent.current.key).then(
      (saved) => {
        noteEndpointName(saved.id, saved.name);
        tell(id === undefined ? `${saved.name} is registered.` : `${saved.name} is saved.`);
        go(endpointLink(saved.id));
      },
      (error) => {
        setBusy(false);
        setProblem(asProblem(error));
      },
    );
  };

  const change = (part: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...part }));
    if (problem) setTouched((before) => new Set([...before, ...Object.keys(part).map(pointerOf)]));
  };

  return (
    <form ref={form} class="editor" noValidate onSubmit={submit}>
      {id === undefined && <MailboxSteps />}
      <EndpointForm draft={draft} change={change} errors={shown} isNew={id === undefined} />
      {problem?.status === 412 && (
        <div class="note bad" role="alert"><p>Somebody else changed this endpoint meanwhile. Open it anew to see what it is now; what you typed would undo their change.</p></div>
      )}
      {problem && problem.status !== 412 && (errors.rest.length > 0 || errors.at.size === 0) && <ProblemNote problem={problem} />}
      {shown.size > 0 && <p class="field-error" role="alert">Not saved yet: {shown.size === 1 ? 'one field needs' : `${shown.size} fields need`} a look.</p>}
      <div class="actions foot">
        <Button type="submit" kind="primary" busy={busy}>{id === undefined ? 'Register' : 'Save'}</Button>
        <ButtonLink href={id === undefined ? linkTo('endpoints') : endpointLink(id)}>Cancel</ButtonLink>
      </div>
    </form>
  );
}

export function EndpointEditor({ id }: { id?: string }) {
  const [loaded, setLoaded] = useState<Loaded>();
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    load(id).then(setLoaded, (error) => setProblem(asProblem(error)));
  }, [id]);
  return (
    <>
      <p class="crumbs"><a href={linkTo('endpoints')}>Endpoints</a>{loaded?.endpoint && <> / <a href={endpointLink(loaded.endpoint.id)}>{loaded.endpoint.name}</a></>}</p>
      <h1>{id === undefined ? 'Register an endpoint' : 'Edit the endpoint'}</h1>
      <ProblemNote problem={problem} />
      {!loaded && !problem && <Loading />}
      {loaded && <Editing loaded={loaded} />}
    </>
  );
}
