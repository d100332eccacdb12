// I8 conservation, and what no invariant names: that processes and the API behave.

export function conserved(history) {
  const counts = {};
  const violations = [];
  for (const row of history.final) {
    const { created, revived, delivered, superseded, dead_lettered: dead, cancelled, pending } = row;
    Object.assign(counts, { created, revived, delivered, superseded, dead, cancelled, pending });
    const balance = created + revived - delivered - superseded - dead - cancelled - pending;
    if (balance !== 0) violations.push(`instance ${row.instance}: ${created} + ${revived} differs from the rest by ${balance}: ${JSON.stringify(row)}`);
    const { instance: _, ...rest } = row;
    const { instance: __, ...first } = history.final[0];
    if (JSON.stringify(rest) !== JSON.stringify(first)) violations.push(`instance ${row.instance} tells other numbers than instance ${history.final[0].instance}`);
  }
  // No fault of the harness damages a value: what could not be read was written so, and books that were put right were wrong.
  for (const { kind, subject, sentence } of history.alerts.filter((alert) => alert.kind === 'unreadable')) {
    violations.push(`an alert says ${kind}, ${subject}: ${sentence}`);
  }
  return { end: () => ({ counts, violations }) };
}

/** What no invariant names: processes end when they are told to and not before; the API answers what its contract says. */
export function wellBehaved(history) {
  const ended = history.faults.filter(({ kind }) => kind === 'ended-by-itself');
  const terms = history.faults.filter(({ kind }) => kind === 'random:term');
  const violations = ended.map((fault) => `instance ${fault.instance} ended by itself: ${JSON.stringify(fault)}`);
  for (const term of terms.filter(({ code }) => code !== 0)) violations.push(`SIGTERM ended instance ${term.instance} with ${term.code} ${term.signal}`);
  for (const [status, count] of Object.entries(history.surprises)) violations.push(`${count} publishes were answered ${status}`);
  violations.push(...outageWellBorne(history));
  for (const fault of history.faults.filter(({ kind }) => kind === 'harness')) violations.push(`the harness stumbled: ${fault.error}`);
  const counts = { terms: terms.length, startsRefused: history.faults.filter(({ kind }) => kind === 'start-refused').length };
  return { end: () => ({ counts, violations }) };
}

/** With Redis gone and every process alive, each publish is answered, and in time; health says what is the matter. */
function outageWellBorne(history) {
  if (!history.outage) return [];
  const violations = [];
  const { dead, notReadyMs, readyMs } = history.outage;
  const unanswered = history.publishes.filter(({ status }) => status === undefined).length;
  const slow = history.publishes.filter(({ sent, ended }) => ended - sent > 10_000).length;
  if (unanswered > 0) violations.push(`${unanswered} publishes had no answer`);
  if (slow > 0) violations.push(`${slow} publishes took longer than 10 s`);
  if (dead > 0) violations.push(`an instance was not alive ${dead} times`);
  if (!(notReadyMs <= 5_000)) violations.push(`not ready only after ${notReadyMs} ms`);
  if (readyMs > 8_000) violations.push(`ready again only after ${readyMs} ms`);
  return violations;
}
