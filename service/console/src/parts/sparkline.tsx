// The attempts of one endpoint over 24 hours: how tall a bar is tells how many, what of it is red how many failed. It is
// asked for when its row comes into sight.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from '../api/client';
import type { History } from '../api/fleet-types';
import { usePoll } from '../state/poll';
import { now } from '../text/clock';
import { bars, type Bar } from '../text/bars';
import { count, percent } from '../text/numbers';

const width = 120;
const height = 24;
const columns = 48;
const freshMs = 60_000;

interface Kept {
  at: number;
  history: Promise<History>;
}

const kept = new Map<string, Kept>();

function historyOf(id: string): Promise<History> {
  const known = kept.get(id);
  if (known && Date.now() - known.at < freshMs) return known.history;
  if (kept.size > 500) kept.clear();
  const history = get<History>('/history', { endpointId: id, step: '00:05:00' });
  history.catch(() => kept.delete(id));
  kept.set(id, { at: Date.now(), history });
  return history;
}

function useSeen() {
  const ref = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) {
        observer.disconnect();
        setSeen(true);
      }
    });
    if (ref.current) observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return { ref, seen };
}

function Drawing({ list, label, wide }: { list: readonly Bar[]; label: string; wide: boolean }) {
  const most = Math.max(1, ...list.map((bar) => bar.attempts));
  const step = width / columns;
  return (
    <svg class={wide ? 'spark wide' : 'spark'} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <line class="spark-base" x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
      {list.map(({ attempts, failures }, index) => {
        if (attempts === 0) return null;
        const whole = Math.max(2, (attempts / most) * (height - 1));
        const bad = (failures / attempts) * whole;
        const place = { x: index * step, width: step - 0.6 };
        return (
          <g key={index}>
            <rect class="spark-good" {...place} y={height - whole} height={whole - bad} />
            {bad > 0 && <rect class="spark-bad" {...place} y={height - bad} height={bad} />}
          </g>
        );
      })}
    </svg>
  );
}

/** Asks while its row is there. It shows nothing itself. */
function Follow({ endpointId, onHistory }: { endpointId: string; onHistory: (history: History) => void }) {
  const { data } = usePoll<History>(() => historyOf(endpointId), freshMs, endpointId);
  useEffect(() => {
    if (data) onHistory(data);
  }, [data]);
  return null;
}

export function Sparkline({ endpointId, wide = false }: { endpointId: string; wide?: boolean }) {
  const { ref, seen } = useSeen();
  const [history, setHistory] = useState<History>();
  const list = history ? bars(history.items, now(), columns) : [];
  const attempts = list.reduce((sum, bar) => sum + bar.attempts, 0);
  const failures = list.reduce((sum, bar) => sum + bar.failures, 0);
  const label = attempts === 0 ? 'No attempts in 24 hours' : `${percent(attempts - failures, attempts)} of ${count(attempts)} attempts in 24 hours succeeded`;
  return (
    <div ref={ref} class="spark-frame" title={history ? label : undefined}>
      <Drawing list={list} label={history ? label : 'Not loaded yet'} wide={wide} />
      {seen && <Follow endpointId={endpointId} onHistory={setHistory} />}
      <span class="spark-word" aria-hidden="true">{history && attempts > 0 ? percent(attempts - failures, attempts) : '–'}</span>
    </div>
  );
}
