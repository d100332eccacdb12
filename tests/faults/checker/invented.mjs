// I5 nothing invented.
import { bitOf } from './history.mjs';

export function nothingInvented(history) {
  const counts = { attempts: 0, afterPause: 0, exempt: 0, unsettled: 0, unknownEvents: 0 };
  const violations = givenTwice(history);
  const sequences = new Sequences(history, counts);
  const endpoint = (ep, attempts) => {
    counts.attempts += attempts.length;
    const every = history.toldEvery(ep);
    violations.push(...sequences.strangeIn(ep, attempts), ...(every ? otherContent : strangeContent)(history, ep, attempts));
    if (every) violations.push(...olderThanItsSubscription(history, ep, attempts));
    violations.push(...afterPause(history, ep, attempts, counts));
  };
  const end = () => {
    violations.push(...sequences.end());
    return { counts, violations };
  };
  return { endpoint, end };
}

function givenTwice(history) {
  const violations = [];
  const owner = new Map();
  for (const event of history.events) {
    for (const sequence of event.sequences) {
      const first = owner.get(sequence);
      if (first) violations.push(`sequence ${sequence} was given to events ${first.n} and ${event.n}`);
      owner.set(sequence, event);
    }
  }
  return violations;
}

/** Each sequence that was sent is that of an event of its key, or of one whose outcome its publisher does not know. */
class Sequences {
  #unattributed = new Map();

  constructor(history, counts) {
    Object.assign(this, { history, counts });
    this.highest = history.events.reduce((most, { sequences }) => Math.max(most, ...sequences), 0);
  }

  strangeIn(ep, attempts) {
    const violations = [];
    for (const { key, upto, at } of attempts) {
      const event = this.history.eventBySequence.get(upto);
      if (event && event.key !== key) violations.push(`${ep}  ${key} carries ${upto}, the sequence of ${event.key}`);
      if (event) {
        if (event.sent > at) violations.push(`${ep}  ${key} carries ${upto} before that event was sent`);
        continue;
      }
      if (upto > this.highest) violations.push(`${ep}  ${key} carries ${upto}, more than was ever issued (${this.highest})`);
      if (!this.#unattributed.has(key)) this.#unattributed.set(key, new Set());
      this.#unattributed.get(key).add(upto);
    }
    return violations;
  }

  end() {
    const violations = [];
    const unknownOf = new Map();
    for (const { key, unknown } of this.history.events) if (unknown > 0) unknownOf.set(key, (unknownOf.get(key) ?? 0) + unknown);
    for (const [key, uptos] of this.#unattributed) {
      this.counts.unknownEvents += uptos.size;
      if (uptos.size > (unknownOf.get(key) ?? 0)) {
        violations.push(`${key}: ${uptos.size} sequences nobody was given, but ${unknownOf.get(key) ?? 0} events of unknown outcome: ${[...uptos].slice(0, 3)}`);
      }
    }
    return violations;
  }
}

/** What a notification carries was published for its key, and is not old news, whatever the server's clock did. */
function strangeContent(history, ep, attempts) {
  const violations = [];
  for (const { key, base, upto } of attempts) {
    const content = history.eventByNumber.get(base);
    const newest = history.eventBySequence.get(upto);
    if (!content || content.key !== key) {
      violations.push(`${ep}  ${key} carries content ${base} that was not published for it`);
    } else if (newest && content.acknowledgedAt < newest.sent - 1_000 && !history.inLostTail(content.sent, newest.acknowledgedAt)) {
      violations.push(`${ep}  ${key} has sequence ${upto} (event ${newest.n}) with the content of event ${content.n}, `
        + `${Math.round(newest.sent - content.acknowledgedAt)} ms older`);
    }
  }
  return violations;
}

/** `delivery: every`: the content is that of the one event whose sequence it carries. */
function otherContent(history, ep, attempts) {
  const violations = [];
  for (const { key, base, upto, at } of attempts) {
    const content = history.eventByNumber.get(base);
    const owner = history.eventBySequence.get(upto);
    if (!content || content.key !== key) violations.push(`${ep}  ${key} carries content ${base} that was not published for it`);
    else if (owner && owner.n !== base && !history.inLostTail(owner.sent, at)) {
      violations.push(`${ep}  ${key} has sequence ${upto} (event ${owner.n}) with the content of event ${base}`);
    }
  }
  return violations;
}

/** `delivery: every`: nothing comes that was acknowledged before the endpoint took its bit (`since`). */
function olderThanItsSubscription(history, ep, attempts) {
  const violations = [];
  const spans = new Map([1, 2, 4, 8].map((bit) => [bit, history.registrationOf(ep).maybeTaken(bit)]));
  for (const { key, upto, at } of attempts) {
    const event = history.eventBySequence.get(upto);
    if (event?.acknowledgedAt === undefined || history.inLostTail(event.sent, at)) continue;
    if (!spans.get(bitOf(key)).some(({ from, to }) => event.acknowledgedAt >= from && event.sent <= to)) {
      violations.push(`${ep}  ${key} was sent event ${event.n} (${upto}), acknowledged at ${event.acknowledgedAt}, when it did not take that type`);
    }
  }
  return violations;
}

function afterPause(history, ep, attempts, counts) {
  const violations = [];
  const registration = history.registrationOf(ep);
  for (const attempt of attempts) {
    if (registration.isOpenQuestion(attempt.at)) counts.unsettled += 1;
    const bar = registration.barAt(attempt.at);
    if (!bar || bar.from + 1_000 >= attempt.at) continue;
    // A frozen process cannot look at the clock: what it was about to send leaves when it is thawed.
    if (history.frozen(bar.from - history.lease, attempt.at)) {
      counts.exempt += 1;
    } else {
      counts.afterPause += 1;
      violations.push(`${ep} had an attempt ${Math.round(attempt.at - bar.from)} ms after its ${bar.by} was acknowledged `
        + `(${attempt.id}, attempt ${attempt.attempt}, at ${attempt.at})`);
    }
  }
  return violations;
}
