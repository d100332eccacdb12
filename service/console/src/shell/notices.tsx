// What acts came to. The region is always there, so that screen readers hear what is put into it.
import { dismiss, notices } from '../state/notices';
import { useStore } from '../state/store';

export function Notices() {
  const list = useStore(notices);
  return (
    <div class="notices" role="status" aria-live="polite">
      {list.map(({ id, text, bad, further }) => (
        <div key={id} class={bad ? 'notice bad' : 'notice'}>
          <p>{text}{further && <> <a href={further.href}>{further.words}</a></>}</p>
          <button type="button" class="button quiet" onClick={() => dismiss(id)} aria-label={`Dismiss: ${text}`}>
            <span aria-hidden="true">×</span>
          </button>
        </div>
      ))}
    </div>
  );
}
