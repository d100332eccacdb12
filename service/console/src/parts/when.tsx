// Times are told relative to now, with the exact one at hand.
import { useCallback } from 'preact/hooks';
import { useTicking } from '../state/ticker';
import { ago, exact, soon, span } from '../text/relative';

interface WhenProps {
  at: string | null | undefined;
  /** `ago`: it was; `soon`: it will be; `span`: for how long it has been. */
  as?: 'ago' | 'soon' | 'span';
  /** What stands there when there is no time. */
  none?: string;
}

const forms = { ago, soon, span: (at: number, now: number) => span(now - at) };

export function When({ at, as = 'ago', none = '–' }: WhenProps) {
  const time = at ? Date.parse(at) : NaN;
  const make = useCallback((now: number) => (Number.isFinite(time) ? forms[as](time, now) : none), [time, as, none]);
  const text = useTicking(make);
  if (!at || !Number.isFinite(time)) return <span class="faint">{none}</span>;
  return (
    <time dateTime={at} title={exact(time)}>
      {text}
    </time>
  );
}
