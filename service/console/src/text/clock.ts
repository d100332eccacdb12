// What time it is at the service. Relative times and countdowns compare with its clock, not with that of this computer,
// which may be minutes off.

let offset = 0;

/** A whole second is all that the header tells, so small differences are no difference. */
export function clockOffset(header: string | null, sent: number, received: number): number | null {
  const server = header === null ? NaN : Date.parse(header);
  if (!Number.isFinite(server)) return null;
  const early = server - received;
  const late = server + 1000 - sent;
  if (early <= 0 && late >= 0) return 0;
  return early > 0 ? early : late;
}

export function noteServerTime(header: string | null, sent: number, received: number): void {
  offset = clockOffset(header, sent, received) ?? offset;
}

/** Milliseconds since 1970 by the service's clock. */
export const now = (): number => Date.now() + offset;
