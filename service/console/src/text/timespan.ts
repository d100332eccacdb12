// Durations as the settings and the API write them, `[d.]hh:mm:ss[.fffffff]`, and as people type them: in seconds.

/** Two or three parts are hours first; days stand before a point, or before a colon when there are four parts. */
const short = /^\s*(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2}(?:\.\d{1,7})?))?\s*$/;
const long = /^\s*(\d+):(\d{1,2}):(\d{1,2}):(\d{1,2}(?:\.\d{1,7})?)\s*$/;

export function secondsOf(timespan: string): number | null {
  const match = short.exec(timespan) ?? long.exec(timespan);
  if (!match) return null;
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  return Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

const two = (value: number): string => String(value).padStart(2, '0');

export function timespanOf(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const whole = Math.floor(ms / 1000);
  const rest = ms % 1000;
  const days = Math.floor(whole / 86_400);
  const clock = [Math.floor((whole % 86_400) / 3600), Math.floor((whole % 3600) / 60), whole % 60].map(two).join(':');
  return `${days > 0 ? `${days}.` : ''}${clock}${rest > 0 ? `.${String(rest).padStart(3, '0')}` : ''}`;
}
