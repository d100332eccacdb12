// Asks again and again while somebody looks. The next question is put only after the answer to the last one, so a slow
// service is never asked faster than it answers; failures make the pauses longer.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { asProblem, isAbort, type Problem } from '../api/problem';
import { signIns } from './session';
import { visible } from './visible';

export interface Polled<T> {
  data: T | undefined;
  /** Of the last question; what an earlier one brought stays in `data`. */
  problem: Problem | undefined;
  /** True while `data` does not yet belong to the question that is asked now. */
  stale: boolean;
  refresh: () => void;
}

/** `every` milliseconds, or once with null. `key` names the question: another one is asked at once. */
export function usePoll<T>(load: (signal: AbortSignal) => Promise<T>, every: number | null, key: string): Polled<T> {
  const [state, setState] = useState<{ data?: T; problem?: Problem; key?: string }>({});
  const latest = useRef(load);
  latest.current = load;
  const wake = useRef<() => void>(() => undefined);

  useEffect(() => {
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let running = false;
    let again = false;
    let failures = 0;
    let settled = false;

    const schedule = (problem?: Problem) => {
      if (every === null && !problem) return;
      const pause = problem ? Math.max(every ?? 0, problem.retryAfterMs, Math.min(30_000, 1000 * 2 ** failures)) : every;
      if (problem && problem.status >= 400 && problem.status < 500 && problem.status !== 429) return;
      timer = setTimeout(ask, pause ?? 0);
    };

    async function ask(): Promise<void> {
      clearTimeout(timer);
      if (!visible.get()) return;
      if (running) {
        again = true;
        return;
      }
      running = true;
      let problem: Problem | undefined;
      try {
        const data = await latest.current(gone.signal);
        if (gone.signal.aborted) return;
        failures = 0;
        settled = true;
        setState({ data, key });
      } catch (error) {
        if (gone.signal.aborted || isAbort(error)) return;
        problem = asProblem(error);
        failures += 1;
        const told = problem;
        setState((before) => (before.data === undefined ? { problem: told } : { ...before, problem: told }));
      } finally {
        running = false;
      }
      if (again) {
        again = false;
        void ask();
      } else {
        schedule(problem);
      }
    }

    wake.current = () => void ask();
    const unsubscribe = visible.subscribe((seen) => {
      if (seen && (every !== null || !settled)) void ask();
    });
    const unsubscribeSignIns = signIns.subscribe(() => void ask());
    void ask();
    return () => {
      gone.abort();
      clearTimeout(timer);
      unsubscribe();
      unsubscribeSignIns();
    };
  }, [key, every]);

  const refresh = useCallback(() => wake.current(), []);
  return { data: state.data, problem: state.problem, stale: state.key !== key, refresh };
}
