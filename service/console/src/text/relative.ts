// How long ago, how soon, how long: in one or two units, as people say it.

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** "0 s", "45 s", "3 min", "2 h 10 min", "4 d 3 h". */
export function span(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < minute) return `${Math.floor(whole / second)} s`;
  if (whole < hour) return `${Math.floor(whole / minute)} min`;
  const [big, small, bigName, smallName] =
    whole < day ? ([hour, minute, 'h', 'min'] as const) : ([day, hour, 'd', 'h'] as const);
  const rest = Math.floor((whole % big) / small);
  return `${Math.floor(whole / big)} ${bigName}${rest > 0 ? ` ${rest} ${smallName}` : ''}`;
}

export function ago(at: number, now: number): string {
  const passed = now - at;
  if (passed < 2 * second) return passed < -2 * second ? soon(at, now) : 'just now';
  return `${span(passed)} ago`;
}

/** A countdown counts up to the whole second, so that it does not stand at zero while there is time left. */
export function soon(at: number, now: number): string {
  const left = at - now;
  if (left <= 0) return 'now';
  return `in ${span(left < minute ? Math.ceil(left / second) * second : left)}`;
}

/** A duration that was measured: "840 ms", "1.2 s", then as above. */
export function measured(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return span(ms);
}

/** A duration at an axis, where the step between two of them counts: "0.5 ms", "150 ms", "1.5 s", "2.5 min". */
export function tickOf(ms: number): string {
  const [unit, length] = ms < second ? ['ms', 1] : ms < minute ? ['s', second] : ['min', minute];
  return `${Number((ms / (length as number)).toFixed(1))} ${unit}`;
}

/** "28 Nov 2026, 08:43:16", in the time of this computer, with its offset. */
export function exact(at: number): string {
  return new Date(at).toLocaleString('en-GB', {
    day: 'numeric', month: 'short', year: 'numeric',
    hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short',
  });
}

/** "08:43", of seconds since 1970. */
export const clockTime = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
