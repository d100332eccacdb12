// Times as `<input type="datetime-local">` wants them: in the time of this computer, without an offset.

const two = (value: number): string => String(value).padStart(2, '0');

export function localInput(at: number): string {
  const date = new Date(at);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** RFC 3339 of what such an input holds, or undefined of nothing. */
export function instant(input: string | undefined): string | undefined {
  const time = input ? Date.parse(input) : NaN;
  return Number.isFinite(time) ? new Date(time).toISOString() : undefined;
}
