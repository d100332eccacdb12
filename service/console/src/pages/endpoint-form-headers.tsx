// Custom headers of an endpoint. Stored values are never shown; one that is not touched is kept.
import { Button } from '../parts/button';
import { Errors } from '../parts/field';
import type { DraftHeader } from '../text/draft';
import type { FormProps } from './endpoint-form';

export function HeaderFields({ draft, change, errors }: FormProps) {
  const set = (index: number, part: Partial<DraftHeader>) =>
    change({ headers: draft.headers.map((header, at) => (at === index ? { ...header, ...part } : header)) });
  const wrong = errors.get('/headers');
  return (
    <div class="headers">
      <p class="hint" id="headers-hint">Sent with each notification, such as a token that the receiver asks for.</p>
      {draft.headers.map((header, index) => (
        <div class="header-row" key={index}>
          <input
            aria-label={`Name of header ${index + 1}`} placeholder="X-Tenant" value={header.name} readOnly={header.stored} autocomplete="off" spellcheck={false}
            aria-invalid={wrong ? true : undefined} aria-describedby="headers-hint headers-error"
            onInput={(event) => set(index, { name: event.currentTarget.value })}
          />
          <input
            aria-label={`Value of ${header.name || `header ${index + 1}`}`} placeholder="Value" value={header.value} autocomplete="off" spellcheck={false}
            onFocus={(event) => header.value === '***' && event.currentTarget.select()}
            onInput={(event) => set(index, { value: event.currentTarget.value })}
          />
          <Button kind="quiet" label={`Remove ${header.name || `header ${index + 1}`}`} onClick={() => change({ headers: draft.headers.filter((_, at) => at !== index) })}>Remove</Button>
        </div>
      ))}
      {draft.headers.some(({ stored }) => stored) && <p class="hint">*** keeps the stored value. Another host or port in the URL needs the values anew.</p>}
      <Errors id="headers-error" errors={wrong} />
      <Button onClick={() => change({ headers: [...draft.headers, { name: '', value: '', stored: false }] })}>Add a header</Button>
    </div>
  );
}
